namespace ContainerManager.Host.Configuration;

/// <summary>How lines of the log are written.</summary>
internal enum LogFormat
{
    /// <summary>Time, level and message, for a person.</summary>
    Text,

    /// <summary>One JSON object a line, with the values of the message by name.</summary>
    Json,

    /// <summary>With the priority before it that journald reads (sd-daemon(3)).</summary>
    Journal,
}
