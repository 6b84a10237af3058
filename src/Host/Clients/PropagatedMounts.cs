using System.Collections.Immutable;
using ContainerManager.Host.Mounting;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using static Tmds.Linux.LibC;

namespace ContainerManager.Host.Clients;

/// <summary>
/// Mounts in one container by its client: what is placed in a shared directory of ours appears in the container, and the client moves a clone of it on. The
/// place is free again as soon as that is done.
/// </summary>
/// <param name="root">The directory of the container.</param>
/// <param name="client">The client inside.</param>
internal sealed class PropagatedMounts(ClientDirectory root, ClientConnection client) : IInsideMounts
{
    /// <inheritdoc/>
    public void Attach(DetachedMount clone, string target, ulong replaced, Action<ulong> beforeAct)
    {
        PropagatingDirectory place = clone.Status.Identity.IsDevice ? root.Devices : root.Binds;
        bool isDirectory = clone.Status.Identity.Kind == FileKind.Directory;
        int name = place.Place(clone);
        try
        {
            string from = $"{Path.GetFileName(place.Path)}/{name}";
            ulong mountId = Ask(FrameKind.Prepare, new PrepareInside(from)).MountId;
            beforeAct(mountId);
            Ask(FrameKind.Mount, new MountInside(mountId, target, isDirectory, replaced));
        }
        finally
        {
            place.Remove(name, isDirectory);
        }
    }

    /// <inheritdoc/>
    public void Detach(string target, ulong mountId, ImmutableArray<string> made) => Ask(FrameKind.Unmount, new UnmountInside(target, mountId, [.. made]));

    private InsideAnswer Ask<T>(FrameKind kind, T request)
        where T : IMessage<T>
    {
        InsideAnswer answer = client.Ask(kind, request);
        return answer.Failure is null ? answer
            : answer.SourceGone ? throw new KernelException("move_mount", answer.Failure, ENOENT)
            : throw new MountRefusedException($"the client could not do it: {answer.Failure}");
    }
}
