namespace ContainerManager.Host.Containers;

/// <summary>How the discovery of a runtime does.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Reason">Why the last try failed.</param>
internal sealed record DiscoveryStatus(DiscoveryState State, string? Reason);

/// <summary>What a discovery is doing.</summary>
internal enum DiscoveryState
{
    Connecting,
    Listening,

    /// <summary>What it follows is not there; nothing is wrong.</summary>
    Waiting,
    Failed,
}
