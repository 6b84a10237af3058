using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>The least severe messages that are logged; may change while the server runs.</summary>
internal sealed class LogThreshold(LogLevel level)
{
    private volatile int _level = (int)level;

    internal LogLevel Level
    {
        get => (LogLevel)_level;
        set => _level = (int)value;
    }
}
