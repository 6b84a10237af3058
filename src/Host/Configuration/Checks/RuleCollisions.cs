using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Finds rules of one container that contradict each other. See <see cref="ContainerRules"/> for those that only overlap.</summary>
internal static class RuleCollisions
{
    internal static void Report(IEnumerable<LocatedRule> rules)
    {
        var sources = new Dictionary<(string Section, string Source), LocatedRule>();
        var targets = new Dictionary<string, LocatedRule>();
        foreach (LocatedRule later in rules.OrderBy(r => r.Where.NameStart))
        {
            if (!sources.TryAdd((later.Rule.Origin, later.Rule.Source.Text), later))
            {
                ReportSource(sources[(later.Rule.Origin, later.Rule.Source.Text)], later);
            }
            else if (!later.Rule.Source.HasWildcard && !targets.TryAdd(later.Rule.FixedTarget, later))
            {
                ReportTarget(targets[later.Rule.FixedTarget], later);
            }
        }
    }

    private static void ReportSource(LocatedRule first, LocatedRule later) => later.Where.FailNameFor(
        $"each path once in {later.Rule.Origin}",
        $"{Printable.Quote(later.Where.Name)} on line {later.Where.Line}, which is {Printable.Quote(first.Where.Name)} of line {first.Where.Line}");

    private static void ReportTarget(LocatedRule first, LocatedRule later)
    {
        if (first.Rule.Source.Text == later.Rule.Source.Text)
        {
            return;
        }

        bool bothWatch = first.Rule.Source.EntriesOfDirectory && later.Rule.Source.EntriesOfDirectory;
        later.Where.FailFor(
            "a target of its own for each source",
            $"{Printable.Quote(later.Rule.FixedTarget)} on line {later.Where.Line} for {Printable.Quote(later.Rule.Source.Text)}, " +
                $"and on line {first.Where.Line} for {Printable.Quote(first.Rule.Source.Text)}",
            bothWatch ? $"for the entries of both in one directory, write {EntriesOf(later)} in {PathRuleReader.Automount}" : null);
    }

    private static string EntriesOf(LocatedRule rule) => Printable.Quote(rule.Rule.Source.Text.TrimEnd('/') + "/*");
}
