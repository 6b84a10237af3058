namespace ContainerManager.Host.Journaling;

/// <summary>What is recorded of one container.</summary>
internal sealed class RecordedContainer
{
    private readonly Dictionary<string, RecordedAttachment> _attached = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, RecordedAttachment> _left = [];

    /// <summary>What is mounted, by target one each.</summary>
    internal IReadOnlyCollection<RecordedAttachment> Attached => _attached.Values;

    /// <summary>What was to be taken away, and could not be since something lies over it.</summary>
    internal IReadOnlyCollection<RecordedAttachment> Left => _left.Values;

    internal int Count => _attached.Count + _left.Count;

    internal void Attach(RecordedAttachment attachment) => _attached[attachment.Target] = attachment;

    internal void Leave(RecordedAttachment attachment)
    {
        RemoveAttached(attachment);
        _left[attachment.MountId] = attachment;
    }

    internal void Detach(RecordedAttachment attachment)
    {
        _left.Remove(attachment.MountId);
        RemoveAttached(attachment);
    }

    /// <summary>A late word of an earlier run says nothing of the mount that is there now.</summary>
    private void RemoveAttached(RecordedAttachment attachment)
    {
        if (_attached.TryGetValue(attachment.Target, out RecordedAttachment? there) && there.MountId == attachment.MountId)
        {
            _attached.Remove(attachment.Target);
        }
    }
}
