using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Mounting;
using ContainerManager.Host.State;

namespace ContainerManager.Host.Containers;

/// <summary>What an earlier server has left in one container.</summary>
internal sealed class MountRecognition(ContainerId id, LaneServices services)
{
    /// <summary>Finds the mounts of an earlier server again; of those that are gone, takes away the mount points.</summary>
    internal ImmutableArray<Attachment> Find(ContainerEntry entry, string? strategy)
    {
        ImmutableArray<Attachment>.Builder found = ImmutableArray.CreateBuilder<Attachment>();
        foreach (RecordedAttachment recorded in services.Journal.AttachmentsOf(id))
        {
            if (Find(entry, recorded, strategy) is { } attachment)
            {
                found.Add(attachment);
            }
        }

        return found.ToImmutable();
    }

    /// <summary>
    /// The earlier server was killed in the middle of a replacement, when the new mount lies beneath the old one: what is left of it is to take the old
    /// one away. (Had it been killed before, there is only the old one.)
    /// </summary>
    private void FinishSwap(ContainerEntry entry, RecordedAttachment recorded)
    {
        if (recorded.Replaces is { } old && old != 0 && OurMount.CountAt(entry, recorded.Target) > 1)
        {
            services.Executor.Execute(entry, [new MountAction.DetachMount(recorded.Target, old)]);
            services.Nodes.Remove(old);
        }
    }

    private Attachment? Find(ContainerEntry entry, RecordedAttachment recorded, string? named)
    {
        try
        {
            bool loaded = named is null || services.Strategies.Names.Contains(named);
            if (!loaded && recorded.MountId == 0)
            {
                // Nobody but the strategy that made it can say whether it is there: neither may be taken away, its mount points nor its record.
                return null;
            }

            // A strategy that is not loaded yet cannot recognise anything: by its id a mount is found without it.
            IMountStrategy strategy = services.Strategies.For(entry, loaded ? named : null);
            FinishSwap(entry, recorded);
            foreach (ulong mountId in (IEnumerable<ulong>)[recorded.MountId, .. recorded.Replaces is { } replaced ? [replaced] : Array.Empty<ulong>()])
            {
                RecordedAttachment one = recorded with { MountId = mountId };
                MountOutcome look = services.Executor.Execute(entry, strategy.Recognise(one.Mount));
                if (look.MountId != 0)
                {
                    // The record is that of the new mount. The one that it was to replace is ours too, but nobody knows how it was made: replace it.
                    return one.Showing(look.Identity) with { Source = mountId == recorded.MountId ? recorded.Source : "" };
                }
            }

            if (OurMount.CountAt(entry, recorded.Target) > 0)
            {
                // It may lie beneath another's. With its mount point the kernel would take that away, too.
                services.Journal.Left(recorded);
                return null;
            }

            services.Executor.Execute(entry, [new MountAction.RemoveMountPoints(recorded.Made)]);
            services.Journal.Detached(recorded);
            services.Nodes.Remove(recorded.MountId);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Cannot be looked at now, or a plugin's strategy cannot. The record stays; what is wanted there is mounted anew, and says what is wrong.
        }

        return null;
    }
}
