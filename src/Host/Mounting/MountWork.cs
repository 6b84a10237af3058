using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Host.Mounting;

/// <summary>The actions of one step, from the first to the last.</summary>
internal sealed class MountWork(
    MountNamespaceEntrance entrance, CloneMaker clones, ContainerEntry container, KnownSource source, Action<MountOutcome>? beforeAct, IInsideMounts? inside) : IDisposable
{
    private readonly MountPointMaker _points = new(container);
    private DetachedMount? _clone;
    private SafeFileHandle? _target;
    private ImmutableArray<string> _made = [];
    private MountOutcome? _found;

    internal MountOutcome Outcome => _found ?? new MountOutcome(_clone?.Status.MountId ?? 0, _clone?.Status.Identity ?? default, _made);

    private DetachedMount Clone => _clone ?? throw new InvalidOperationException("the strategy attaches before it clones");

    internal void Do(MountAction action)
    {
        switch (action)
        {
            case MountAction.CloneSource a: _clone = clones.Make(a.Source, source, a.Options, container); break;
            case MountAction.MakeMountPoint a: MakeMountPoint(a.Target); break;
            case MountAction.AttachClone a: Attach(a.Target); break;
            case MountAction.SwapForClone a: Swap(a); break;
            case MountAction.DetachMount a: Detach(a); break;
            case MountAction.RemoveMountPoints a: _points.Remove(a.Made); break;
            case MountAction.PropagateClone a: Propagate(a); break;
            case MountAction.WithdrawClone a: Inside.Detach(a.Target, a.MountId, a.Made); break;
            case MountAction.Look a: Look(a); break;
            default: throw new ArgumentException($"unknown action {action.GetType().Name}", nameof(action));
        }
    }

    /// <summary>What can be undone when an action failed: the mount points. The clone goes with <see cref="Dispose"/>.</summary>
    internal void Undo()
    {
        if (_clone is not null)
        {
            clones.Discard(_clone);
        }

        _points.Remove(_made);
    }

    public void Dispose()
    {
        _clone?.Dispose();
        _target?.Dispose();
    }

    private IInsideMounts Inside => inside ?? throw new MountRefusedException(
        "no client is connected that would mount inside, and the server does not or may not enter the container: run it with CAP_SYS_ADMIN, or give the container /yacc/NAME of the host as /yacc, as a slave, and start 'client' in it");

    /// <summary>What the one inside says is not believed: what will be made is found out here, and what is mounted is looked at.</summary>
    private void Propagate(MountAction.PropagateClone action)
    {
        MountOutcome prepared = new(0, Clone.Status.Identity, MissingAt(action.Target));
        try
        {
            Inside.Attach(Clone, action.Target, action.Replaced, mountId =>
            {
                prepared = prepared with { MountId = mountId };
                beforeAct?.Invoke(prepared);
            });
        }
        catch (IOException) when (IsThere(action.Target, prepared))
        {
            // It has ended, or was too slow, before it could say so.
        }

        if (!IsThere(action.Target, prepared))
        {
            throw new MountRefusedException($"the client says that {action.Target} is mounted, and it is not");
        }

        clones.Attached(Clone, prepared.MountId);
        _found = prepared;
    }

    private ImmutableArray<string> MissingAt(string target)
    {
        using SafeFileHandle? there = RootedPath.Open(container.Root, target);
        if (there is not null)
        {
            return [];
        }

        MissingPath missing = _points.Missing(target);
        missing.Parent.Dispose();
        return missing.Paths;
    }

    /// <summary>Wherever it is by now: somebody inside may have renamed a directory above it just then.</summary>
    private bool IsThere(string target, MountOutcome wanted) => OurMount.IdentityOf(container, target, wanted.MountId) == wanted.Identity;

    private void MakeMountPoint(string target)
    {
        bool directory = Clone.Status.Identity.Kind == FileKind.Directory;
        _target = RootedPath.Open(container.Root, target);
        if (_target is null)
        {
            MissingPath missing = _points.Missing(target);
            using (missing.Parent)
            {
                beforeAct?.Invoke(Outcome with { Made = missing.Paths });
                _target = _points.Make(missing, directory, made => _made = made);
            }
        }
        else
        {
            beforeAct?.Invoke(Outcome);
        }

        CheckKind(target, FileStatus.OfHandle(_target).Identity.Kind, directory);
    }

    private static void CheckKind(string target, FileKind kind, bool directory)
    {
        if (kind == FileKind.SymbolicLink)
        {
            throw new MountRefusedException($"{target} is a symbolic link inside the container; name the path it leads to as the target");
        }

        if ((kind == FileKind.Directory) != directory)
        {
            throw new MountRefusedException(directory
                ? $"{target} is a file inside the container and the source is a directory; name another target"
                : $"{target} is a directory inside the container and the source is not; name another target");
        }
    }

    private void Attach(string target) => entrance.Attach(container.MountNamespace, Clone.Handle, _target!, target);

    private void Swap(MountAction.SwapForClone action)
    {
        if (FileStatus.OfHandle(_target!).MountId != action.MountId)
        {
            Attach(action.Target);
            return;
        }

        try
        {
            entrance.Swap(container.MountNamespace, Clone.Handle, _target!, action.Target);
        }
        catch (KernelException e) when (WasGoneAlready(e, action.Target, action.MountId))
        {
            // In the middle of the swap the old mount lies on the new source; had that been unlinked just then, the kernel took the old one away.
        }
        catch (KernelException e) when (e.Errno == EINVAL && e.Call.Contains("BENEATH", StringComparison.Ordinal))
        {
            // Before Linux 6.5, or a locked mount: with a gap.
            entrance.Detach(container.MountNamespace, _target!, action.Target);
            _target!.Dispose();
            _target = null;
            MakeMountPoint(action.Target);
            Attach(action.Target);
        }
    }

    private void Detach(MountAction.DetachMount action)
    {
        using SafeFileHandle? mount = OurMount.Find(container, action.Target, action.MountId);
        if (mount is not null)
        {
            try
            {
                entrance.Detach(container.MountNamespace, mount, action.Target);
            }
            catch (KernelException e) when (WasGoneAlready(e, action.Target, action.MountId))
            {
                // What we wanted. The kernel takes a mount away by itself when the mount point is unlinked from elsewhere.
            }
        }
    }

    /// <summary>umount2 says EINVAL for a mount that is in the namespace no longer, but also for one that is locked.</summary>
    private bool WasGoneAlready(KernelException failure, string target, ulong mountId)
    {
        if (failure.Errno != EINVAL || !failure.Call.StartsWith("umount2", StringComparison.Ordinal))
        {
            return false;
        }

        using SafeFileHandle? there = RootedPath.Open(container.Root, target);
        return there is null || FileStatus.OfHandle(there).MountId != mountId;
    }

    private void Look(MountAction.Look action)
    {
        using SafeFileHandle? mount = RootedPath.Open(container.Root, action.Target);
        FileStatus status = mount is null ? default : FileStatus.OfHandle(mount);
        _found = mount is not null && status.MountId == action.MountId ? new MountOutcome(status.MountId, status.Identity, []) : default(MountOutcome);
    }
}
