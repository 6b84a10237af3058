namespace ContainerManager.Plugins.Podman.Service;

/// <summary>What podman says last of errors is why it ended, but for a hint to its help.</summary>
internal sealed class LastWord
{
    private volatile string? _text;

    /// <summary>Null: it has said nothing.</summary>
    internal string? Text => _text;

    internal void Hear(string line)
    {
        if (!string.IsNullOrWhiteSpace(line) && !line.StartsWith("See 'podman", StringComparison.Ordinal))
        {
            _text = line.Trim();
        }
    }
}
