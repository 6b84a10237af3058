namespace ContainerManager.Plugins.Lxc;

/// <summary>How long to wait before something that failed is tried again: twice as long each time.</summary>
internal sealed class GrowingDelay(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _next;

    internal TimeSpan Next()
    {
        TimeSpan delay = _next ?? first;
        _next = delay * 2 < longest ? delay * 2 : longest;
        return delay;
    }

    /// <summary>It worked.</summary>
    internal void Reset() => _next = null;
}
