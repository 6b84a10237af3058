using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.State;

/// <summary>One thing to do in one container. Carried out by the container's lane, in order.</summary>
internal abstract record Step
{
    private Step() { }

    /// <summary>The container runs: take its entry, look what is left of earlier mounts, answer with ContainerReady.</summary>
    /// <param name="Entry">The way into it.</param>
    /// <param name="Devices">A rule gives it devices.</param>
    internal sealed record Open(ContainerEntry? Entry, bool Devices) : Step;

    /// <summary>A rule gives it devices from now on: get ready for that, answer with DevicesOpened.</summary>
    internal sealed record OpenDevices : Step;

    /// <summary>The container is gone: let go of it.</summary>
    internal sealed record Close : Step;

    /// <summary>A step that concerns one target.</summary>
    internal abstract record OnTarget(string Target) : Step
    {
        /// <summary>A directory comes, goes or changes: mounts that lie on it are affected.</summary>
        internal abstract bool ConcernsDirectory { get; }
    }

    /// <summary>Mount where nothing of ours is.</summary>
    internal sealed record Attach(string Target, Desired Desired) : OnTarget(Target)
    {
        internal override bool ConcernsDirectory => Desired.Identity.Kind == FileKind.Directory;
    }

    /// <summary>Mount in the place of what is there.</summary>
    internal sealed record Replace(string Target, Desired Desired, Attachment Current) : OnTarget(Target)
    {
        internal override bool ConcernsDirectory => Current.Identity.Kind == FileKind.Directory;
    }

    /// <summary>Take away.</summary>
    internal sealed record Detach(Attachment Current) : OnTarget(Current.Target)
    {
        internal override bool ConcernsDirectory => Current.Identity.Kind == FileKind.Directory;
    }

    /// <summary>Tell the container of a device: permission, database, event.</summary>
    internal sealed record OnDevice(DeviceTurn Turn) : Step;
}
