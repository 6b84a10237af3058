using System.Collections.Immutable;
using System.Globalization;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Plugins;

/// <summary>The formats of <c>/proc/PID/uid_map</c> (user_namespaces(7)) and <c>/proc/PID/cgroup</c> (cgroups(7)).</summary>
internal static class ProcFiles
{
    /// <summary>Lines of three numbers: first id inside, first id outside, count.</summary>
    internal static IdMap IdMap(string text) => new([.. text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(numbers => new IdMapRange(Number(numbers[0]), Number(numbers[1]), Number(numbers[2])))]);

    /// <summary>
    /// Lines of <c>hierarchy:controllers:path</c>; the unified hierarchy has no controllers. Lines that do not fit the format are passed over; of a controller
    /// that is there again, the first counts.
    /// </summary>
    internal static ImmutableDictionary<string, string> Cgroups(string text) => text
        .Split('\n')
        .Select(line => line.Split(':', 3))
        .Where(fields => fields is [_, _, ['/', ..]])
        .SelectMany(fields => fields[1].Split(',').Select(controller => KeyValuePair.Create(controller, fields[2])))
        .DistinctBy(cgroup => cgroup.Key)
        .ToImmutableDictionary();

    private static uint Number(string text) => uint.Parse(text, CultureInfo.InvariantCulture);
}
