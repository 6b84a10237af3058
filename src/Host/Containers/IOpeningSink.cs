using ContainerManager.Abstractions;

namespace ContainerManager.Host.Containers;

/// <summary>Hears of containers that were opened. Called on any thread; for one container in order.</summary>
internal interface IOpeningSink
{
    /// <summary>It can be entered. False: nobody wants it any more, and the entry stays the caller's.</summary>
    bool Opened(ContainerDescription container, ContainerEntry entry, CancellationToken cancellationToken);

    /// <summary>It cannot be entered now.</summary>
    void Unreachable(ContainerDescription container, string reason, CancellationToken cancellationToken);
}
