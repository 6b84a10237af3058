namespace ContainerManager.Host.Plugins;

/// <summary>A plugin cannot be used. Carries words only: the exception of a plugin would keep its code in memory.</summary>
/// <param name="state">What it becomes.</param>
/// <param name="reason">One line: what is wrong and what to do.</param>
/// <param name="detail">More, for the author of the plugin.</param>
internal sealed class PluginException(PluginState state, string reason, string? detail = null) : Exception(reason)
{
    internal PluginState State { get; } = state;

    internal string? Detail { get; } = detail;

    /// <summary>Somebody else may write where its code comes from: not even what is loaded may read on from there.</summary>
    internal bool OthersCanChangeIt { get; init; }
}
