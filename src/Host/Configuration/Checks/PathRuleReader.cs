using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration.Syntax;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>A rule and where the file says it.</summary>
internal sealed record LocatedRule(PathRule Rule, ConfigurationValue Where);

/// <summary>Reads <c>_automount</c> and <c>_inotify_watch</c>: path → how.</summary>
internal static class PathRuleReader
{
    internal const string Automount = "_automount";
    internal const string InotifyWatch = "_inotify_watch";

    private const string How = "\"Absolute\", \"Host\" or an object such as { \"target\": \"/path/inside\", \"readOnly\": true }";
    private static readonly string[] HowWords = ["Absolute", "Host"];
    private static readonly string[] HowMembers = ["target", "readOnly", "recursive", "noExec", "optional", "owner", "mode"];

    internal static IEnumerable<LocatedRule> Read(ConfigurationValue? section)
    {
        IReadOnlyList<ConfigurationValue>? entries =
            section?.AsMembers("an object: path → how", section.Node is SourceNode.Array ? "write { \"/path\": \"Absolute\" }" : null);
        return (entries ?? []).Select(entry => ReadEntry(entry, section!.Name)).OfType<LocatedRule>();
    }

    private static LocatedRule? ReadEntry(ConfigurationValue entry, string section)
    {
        if (!PathText.TryNormalisePattern(entry.Name, out string? source, out PathFault? fault))
        {
            entry.FailName(fault.Expected, fault.Hint);
        }

        PathRule? rule = ReadHow(entry, new PathPattern(source ?? "/", section == InotifyWatch), section);
        return rule is null || fault is not null ? null : Checked(new LocatedRule(rule, entry));
    }

    private static LocatedRule? Checked(LocatedRule located)
    {
        PathRule rule = located.Rule;
        if (rule.Source is { HasWildcard: false, EntriesOfDirectory: false } && rule.FixedTarget == "/")
        {
            located.Where.FailFor("a target that is not the container's root", "\"/\"", "\"Host\" puts it on /host");
            return null;
        }

        return located;
    }

    private static PathRule? ReadHow(ConfigurationValue how, PathPattern source, string origin)
    {
        if (how.Node is SourceNode.String text)
        {
            return MappingOf(text.Value) is { } mapping ? new PathRule(source, mapping, MountOptions.Default, false, origin) : FailHow(how);
        }

        if (how.Node is not SourceNode.Object)
        {
            return FailHow(how);
        }

        KnownMembers members = how.AsObject(How, HowMembers)!;
        TargetMapping? target = ReadTarget(members["target"]);
        bool optional = members["optional"]?.AsBoolean() ?? false;
        MountOptions options = ReadOptions(members);
        return target is null ? null : new PathRule(source, target, options, optional, origin);
    }

    private static MountOptions ReadOptions(KnownMembers members) => new()
    {
        ReadOnly = members["readOnly"]?.AsBoolean() ?? MountOptions.Default.ReadOnly,
        NoExec = members["noExec"]?.AsBoolean() ?? MountOptions.Default.NoExec,
        Recursive = members["recursive"]?.AsBoolean() ?? MountOptions.Default.Recursive,
        Owner = OwnerText.Read(members["owner"]),
        Mode = ModeText.Read(members["mode"]),
    };

    private static PathRule? FailHow(ConfigurationValue how)
    {
        string? text = (how.Node as SourceNode.String)?.Value;
        how.Fail(How, text switch
        {
            null => null,
            ['/', ..] => $"a path inside is written {{ \"target\": {Printable.Quote(text)} }}",
            _ => NearMiss.Hint(text, HowWords),
        });
        return null;
    }

    private static TargetMapping? ReadTarget(ConfigurationValue? target)
    {
        const string expected = "an absolute path inside, \"Absolute\" or \"Host\"";
        if (target is null)
        {
            return new TargetMapping.Absolute();
        }

        if (target.AsText(expected) is not { } text)
        {
            return null;
        }

        if (MappingOf(text) is { } mapping)
        {
            return mapping;
        }

        if (!PathText.TryNormalise(text, out string? path, out PathFault? fault))
        {
            target.Fail(text.StartsWith('/') ? fault.Expected : expected, NearMiss.Hint(text, HowWords) ?? fault.Hint);
            return null;
        }

        if (path.AsSpan().ContainsAny('*', '?', '['))
        {
            target.Fail("a target without wildcards", "what wildcards find goes beneath the target, under its own name");
            return null;
        }

        return new TargetMapping.To(path);
    }

    private static TargetMapping? MappingOf(string word) => word switch
    {
        "Absolute" => new TargetMapping.Absolute(),
        "Host" => new TargetMapping.UnderHost(),
        _ => null,
    };
}
