namespace ContainerManager.Plugins.Namespaces;

/// <summary>How long to wait before a container is started again: 1 s, then twice as long each time up to 60 s; from the start again after a run of 60 s.</summary>
internal sealed class RestartDelay
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private TimeSpan _next = First;

    /// <param name="ran">How long it ran this time.</param>
    internal TimeSpan After(TimeSpan ran)
    {
        TimeSpan delay = ran >= Longest ? First : _next;
        _next = delay * 2 < Longest ? delay * 2 : Longest;
        return delay;
    }
}
