using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;

namespace ContainerManager.Host.State;

/// <summary>Finds the rules that are about a container without a look at all of them: most keys are plain names, and only patterns have to be tried.</summary>
internal sealed class RuleIndex
{
    private readonly ILookup<string, (int Place, ContainerRules Rules)> _named;
    private readonly (int Place, ContainerRules Rules)[] _patterns;

    /// <param name="rules">In the order of the file.</param>
    internal RuleIndex(ImmutableArray<ContainerRules> rules)
    {
        (int Place, ContainerRules Rules)[] all = [.. rules.Select((one, place) => (place, one))];
        _named = all.Where(one => one.Rules.Key.IsPlainName).ToLookup(one => one.Rules.Key.NamePattern, StringComparer.Ordinal);
        _patterns = [.. all.Where(one => !one.Rules.Key.IsPlainName)];
    }

    /// <summary>Those that match, in the order of the file.</summary>
    internal IEnumerable<ContainerRules> Of(ContainerDescription container)
    {
        IEnumerable<(int Place, ContainerRules Rules)> candidates = _named[container.Name].Concat(_patterns);
        if (container.HostName is { } hostName && hostName != container.Name)
        {
            candidates = candidates.Concat(_named[hostName]);
        }

        return candidates.Where(one => one.Rules.Matches(container)).OrderBy(one => one.Place).Select(one => one.Rules);
    }
}
