using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.State;

namespace ContainerManager.Host.Containers;

/// <summary>The mounts that we have made in one container, to be compared with what is there. For one thread at a time.</summary>
internal sealed class AttachedMounts
{
    private readonly Dictionary<string, (ulong MountId, ForeignChange? Told)> _mounts = new(StringComparer.Ordinal);

    /// <summary>Mounts that were to be taken away when something lay over them. They are as soon as it goes.</summary>
    private readonly List<RecordedAttachment> _outOfReach = [];

    /// <summary>It is there. One of a strategy that cannot say which mount it is (0) is not watched over.</summary>
    internal void Add(Attachment attachment)
    {
        _mounts.Remove(attachment.Target);
        if (attachment.MountId != 0)
        {
            _mounts.Add(attachment.Target, (attachment.MountId, null));
        }
    }

    /// <summary>Where a mount was seen last, and whether something lay over it then: it may be out of reach.</summary>
    internal (AttachedMount Mount, bool Beneath) LastSeen(Attachment attachment)
    {
        ForeignChange? told = Knows(attachment) ? _mounts[attachment.Target].Told : null;
        return (
            told?.Where is { } where ? attachment.Mount with { Target = where } : attachment.Mount,
            told is { Kind: ForeignChangeKind.Hidden or ForeignChangeKind.Covered });
    }

    /// <summary>It has been taken away, or left.</summary>
    internal void Remove(Attachment attachment)
    {
        if (Knows(attachment))
        {
            _mounts.Remove(attachment.Target);
        }
    }

    /// <summary>
    /// They were looked for, to be taken away, and something still lies there. They stay until that goes, with their mount points, since the kernel would take
    /// away whatever lies on it with a mount point.
    /// </summary>
    internal void Leave(IEnumerable<RecordedAttachment> mounts) => _outOfReach.AddRange(mounts);

    internal void Clear()
    {
        _mounts.Clear();
        _outOfReach.Clear();
    }

    /// <summary>What somebody has done to them since the last time.</summary>
    internal ImmutableArray<ForeignChange> Compare(ContainerEntry container)
    {
        ImmutableArray<ForeignChange>.Builder changes = ImmutableArray.CreateBuilder<ForeignChange>();
        MountPlaces places = new(container);
        foreach ((string target, (ulong mountId, ForeignChange? told)) in _mounts.ToList())
        {
            ForeignChange? now = Look(places, target, mountId);
            if (now != told)
            {
                _mounts[target] = (mountId, now);
                changes.Add(now ?? new ForeignChange(target, mountId, ForeignChangeKind.WellAgain));
            }
        }

        return changes.DrainToImmutable();
    }

    /// <summary>Those that can be taken away by now, or are gone, although they could not be when they should have been.</summary>
    internal ImmutableArray<RecordedAttachment> InReachAgain(ContainerEntry container)
    {
        if (_outOfReach.Count == 0)
        {
            return [];
        }

        MountPlaces places = new(container);
        return [.. _outOfReach.Where(mount => places.TopAt(mount.Target) == mount.MountId || places.CountAt(mount.Target) == 0)];
    }

    /// <summary>One of those <see cref="InReachAgain"/> is gone now.</summary>
    internal void Forget(RecordedAttachment mount) => _outOfReach.Remove(mount);

    private bool Knows(Attachment attachment) => _mounts.TryGetValue(attachment.Target, out (ulong MountId, ForeignChange? Told) mount) && mount.MountId == attachment.MountId;

    private static ForeignChange? Look(MountPlaces places, string target, ulong mountId)
    {
        if (places.TopAt(target) is var top && top == mountId)
        {
            return null;
        }

        int here = places.CountAt(target);
        ForeignChange change = places.PlaceOf(mountId) is { } elsewhere && elsewhere != target ? new ForeignChange(target, mountId, ForeignChangeKind.Moved, elsewhere)
            : top is not null && here > 1 ? new ForeignChange(target, mountId, ForeignChangeKind.Covered)
            : top is null && here > 0 ? new ForeignChange(target, mountId, ForeignChangeKind.Hidden)
            : new ForeignChange(target, mountId, ForeignChangeKind.Unmounted);

        // A directory above may have been renamed and named back as we looked.
        return places.TopAt(target) == mountId ? null : change;
    }
}
