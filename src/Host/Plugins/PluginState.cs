namespace ContainerManager.Host.Plugins;

/// <summary>What has become of a plugin's folder.</summary>
internal enum PluginState
{
    /// <summary>It is being looked at, or its classes are being made.</summary>
    Loading,

    /// <summary>Its classes are in use.</summary>
    Loaded,

    /// <summary>Files are missing or not whole yet: the next change in the folder is waited for.</summary>
    Incomplete,

    /// <summary>It may not be loaded as it is; none of its code has run.</summary>
    Refused,

    /// <summary>Its own code failed.</summary>
    Failed,

    /// <summary>What its classes do is being ended.</summary>
    Unloading,

    /// <summary>It is gone, and its folder as well.</summary>
    Unloaded,

    /// <summary>It was to end and did not: nobody listens to it any more, but its code is still in memory.</summary>
    Abandoned,
}

/// <summary>A plugin at one moment, as strings: holds nothing of its code.</summary>
/// <param name="Name">That of its folder.</param>
/// <param name="State">What it does.</param>
/// <param name="Version">Of its assembly; null as long as that could not be read.</param>
/// <param name="Offers">Such as <c>runtime docker</c>.</param>
/// <param name="Error">Why it does not do what it should, and what to do about it.</param>
internal sealed record PluginReport(string Name, PluginState State, string? Version, IReadOnlyList<string> Offers, string? Error);
