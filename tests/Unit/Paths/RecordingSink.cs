using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Paths;

/// <summary>Remembers what was reported, and what should not have been: twice the same, or gone without having been there.</summary>
internal sealed class RecordingSink : IPathSink
{
    private readonly Dictionary<PathPattern, Dictionary<string, FileIdentity>> _present = [];

    internal List<string> Wrong { get; } = [];

    internal HashSet<PathPattern> Scanned { get; } = [];

    internal Dictionary<PathPattern, string> Failed { get; } = [];

    internal List<string> Failures { get; } = [];

    internal int Appeared { get; private set; }

    internal int Vanished { get; private set; }

    internal Dictionary<string, FileIdentity> Of(PathPattern pattern) =>
        _present.TryGetValue(pattern, out Dictionary<string, FileIdentity>? paths) ? paths : _present[pattern] = [];

    internal string[] Paths(PathPattern pattern) => [.. Of(pattern).Keys.Order(StringComparer.Ordinal)];

    public void PathAppeared(PathPattern pattern, string path, FileIdentity identity)
    {
        Appeared++;
        if (Of(pattern).TryGetValue(path, out FileIdentity before) && before == identity)
        {
            Wrong.Add($"{path} appeared twice");
        }

        Of(pattern)[path] = identity;
    }

    public void PathVanished(PathPattern pattern, string path)
    {
        Vanished++;
        if (!Of(pattern).Remove(path))
        {
            Wrong.Add($"{path} vanished and was not there");
        }
    }

    public void PatternFailed(PathPattern pattern, string? reason)
    {
        if (reason is null)
        {
            Failed.Remove(pattern);
        }
        else
        {
            Failed[pattern] = reason;
            Failures.Add(reason);
        }
    }

    public void PatternScanned(PathPattern pattern)
    {
        if (!Scanned.Add(pattern))
        {
            Wrong.Add($"{pattern} scanned twice");
        }
    }
}
