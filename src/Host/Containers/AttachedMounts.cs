using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Mounting;
using ContainerManager.Host.State;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Containers;

/// <summary>The mounts that we have made in one container, to be compared with what is there. For one thread at a time.</summary>
internal sealed class AttachedMounts
{
    private readonly Dictionary<string, (ulong MountId, ForeignChange? Told)> _mounts = new(StringComparer.Ordinal);

    /// <summary>Mounts that were to be taken away when something lay over them. They are as soon as it goes.</summary>
    private readonly List<AttachedMount> _outOfReach = [];

    /// <summary>It is there. One of a strategy that cannot say which mount it is (0) is not watched over.</summary>
    internal void Add(Attachment attachment)
    {
        _mounts.Remove(attachment.Target);
        if (attachment.MountId != 0)
        {
            _mounts.Add(attachment.Target, (attachment.MountId, null));
        }
    }

    /// <summary>It is to be taken away.</summary>
    /// <returns>Where it was seen last, and whether something lay over it then: it may be out of reach.</returns>
    internal (AttachedMount Mount, bool Beneath) Remove(Attachment attachment)
    {
        ForeignChange? told = _mounts.Remove(attachment.Target, out (ulong MountId, ForeignChange? Told) mount) && mount.MountId == attachment.MountId ? mount.Told : null;
        return (
            told?.Where is { } where ? attachment.Mount with { Target = where } : attachment.Mount,
            told is { Kind: ForeignChangeKind.Hidden or ForeignChangeKind.Covered });
    }

    /// <summary>
    /// It was looked for, to be taken away, and something still lies there. It stays until that goes, with its mount point, since the kernel would take
    /// away whatever lies on it with the mount point.
    /// </summary>
    internal void Leave(AttachedMount mount) => _outOfReach.Add(mount);

    internal void Clear()
    {
        _mounts.Clear();
        _outOfReach.Clear();
    }

    /// <summary>What somebody has done to them since the last time.</summary>
    internal ImmutableArray<ForeignChange> Compare(ContainerEntry container)
    {
        ImmutableArray<ForeignChange>.Builder changes = ImmutableArray.CreateBuilder<ForeignChange>();
        foreach ((string target, (ulong mountId, ForeignChange? told)) in _mounts.ToList())
        {
            ForeignChange? now = IsAt(container, target, mountId, out bool another) ? null : Find(container, target, mountId, another);
            if (now != told)
            {
                _mounts[target] = (mountId, now);
                changes.Add(now ?? new ForeignChange(target, mountId, ForeignChangeKind.Uncovered));
            }
        }

        return changes.DrainToImmutable();
    }

    /// <summary>Those that can be taken away by now, although they could not when they should have been.</summary>
    internal ImmutableArray<AttachedMount> InReachAgain(ContainerEntry container)
    {
        ImmutableArray<AttachedMount> again = [.. _outOfReach.Where(mount => IsAt(container, mount.Target, mount.MountId, out _))];
        _outOfReach.RemoveAll(again.Contains);
        return again;
    }

    private static ForeignChange Find(ContainerEntry container, string target, ulong mountId, bool another)
    {
        // Each that lies over another has the same path in the table.
        string[] points = [.. OurMount.MountPoints(container)];
        int here = points.Count(point => point == target);
        string? elsewhere = points.FirstOrDefault(point => point != target && IsAt(container, point, mountId, out _));
        return elsewhere is not null ? new ForeignChange(target, mountId, ForeignChangeKind.Moved, elsewhere)
            : another && here > 1 ? new ForeignChange(target, mountId, ForeignChangeKind.Covered)
            : !another && here > 0 ? new ForeignChange(target, mountId, ForeignChangeKind.Hidden)
            : new ForeignChange(target, mountId, ForeignChangeKind.Unmounted);
    }

    /// <param name="container">Where.</param>
    /// <param name="path">A path in it.</param>
    /// <param name="mountId">Which mount.</param>
    /// <param name="another">Another mount is there.</param>
    private static bool IsAt(ContainerEntry container, string path, ulong mountId, out bool another)
    {
        another = false;
        try
        {
            using SafeFileHandle? there = RootedPath.Open(container.Root, path);
            if (there is null)
            {
                return false;
            }

            FileStatus status = FileStatus.OfHandle(there);
            another = status.IsMountRoot && status.MountId != mountId;
            return status.MountId == mountId;
        }
        catch (KernelException)
        {
            // Nobody gets there by this path.
            return false;
        }
    }
}
