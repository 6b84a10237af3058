using System.Diagnostics.CodeAnalysis;
using ContainerManager.Host.Journaling;

namespace ContainerManager.Host.Containers;

/// <summary>
/// What was written down before it was done, and of which it is not known yet whether it was. Where somebody inside does it, it may have been done although it
/// failed. For one thread at a time.
/// </summary>
internal sealed class AnnouncedMounts(Journal journal)
{
    private readonly Dictionary<string, RecordedAttachment> _announced = new(StringComparer.Ordinal);

    /// <summary>It will be done now.</summary>
    internal void Announce(RecordedAttachment mount)
    {
        journal.Attaching(mount);
        _announced[mount.Target] = mount;
    }

    /// <summary>What was announced for a target, and never confirmed. The next may be announced.</summary>
    internal bool TryTake(string target, [NotNullWhen(true)] out RecordedAttachment? mount) => _announced.Remove(target, out mount);

    /// <summary>It is there. A strategy that does not mount has nothing to announce: then it is written down now.</summary>
    internal void Confirm(RecordedAttachment mount)
    {
        if (!_announced.Remove(mount.Target))
        {
            journal.Attaching(mount);
        }
    }

    internal void Clear() => _announced.Clear();
}
