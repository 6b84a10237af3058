using System.Collections.Immutable;
using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration.Checks;
using ContainerManager.Host.Configuration.Syntax;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.Configuration.Cdi;

/// <summary>
/// Takes a specification apart. Of the edits, device nodes, mounts and environment are used; hooks are for the creation of a container, and ours runs. What is
/// malformed is left out: the file is another vendor's, and nobody here can mend it.
/// </summary>
internal static class CdiReader
{
    internal const string Origin = "_cdi";

    internal static ImmutableArray<CdiDevice> Read(SourceNode.Object spec)
    {
        if (TextOf(spec, "kind") is not { } kind)
        {
            return [];
        }

        SourceNode? common = Member(spec, "containerEdits");
        return
        [
            .. ItemsOf(spec, "devices").Select(device => (Name: TextOf(device, "name"), Edits: Member(device, "containerEdits")))
                .Where(device => device.Name is { Length: > 0 })
                .Select(device => new CdiDevice(
                    $"{kind}={device.Name}",
                    [.. PathsOf(common), .. PathsOf(device.Edits)],
                    [.. EnvironmentOf(common), .. EnvironmentOf(device.Edits)])),
        ];
    }

    private static IEnumerable<PathRule> PathsOf(SourceNode? edits) =>
    [
        .. ItemsOf(edits, "deviceNodes").Select(NodeOf).OfType<PathRule>(),
        .. ItemsOf(edits, "mounts").Select(MountOf).OfType<PathRule>(),
    ];

    private static IEnumerable<string> EnvironmentOf(SourceNode? edits) => ItemsOf(edits, "env").OfType<SourceNode.String>()
        .Select(variable => variable.Value).Where(variable => variable.IndexOf('=') > 0 && !variable.Contains('\0'));

    private static PathRule? NodeOf(SourceNode node)
    {
        uint? user = NumberOf(node, "uid"), group = NumberOf(node, "gid"), mode = NumberOf(node, "fileMode");
        MountOptions options = new()
        {
            Owner = user is not null || group is not null ? new FileOwner(user ?? 0, group ?? 0) : null,
            Mode = mode & 0x1FF,
        };
        return Rule(TextOf(node, "hostPath") ?? TextOf(node, "path"), TextOf(node, "path"), options);
    }

    private static PathRule? MountOf(SourceNode mount)
    {
        string[] options = [.. ItemsOf(mount, "options").OfType<SourceNode.String>().Select(option => option.Value)];
        return Rule(
            TextOf(mount, "hostPath"),
            TextOf(mount, "containerPath"),
            new MountOptions { ReadOnly = options.Contains("ro"), NoExec = options.Contains("noexec"), Recursive = !options.Contains("bind") });
    }

    private static PathRule? Rule(string? source, string? target, MountOptions options) =>
        source is not null && target is not null && PathText.TryNormalise(source, out string? from, out _) && PathText.TryNormalise(target, out string? to, out _) && to != "/"
            ? new PathRule(new PathPattern(from, EntriesOfDirectory: false, IsLiteral: true), new TargetMapping.To(to), options, Optional: false, Origin)
            : null;

    private static SourceNode? Member(SourceNode? node, string name) =>
        (node as SourceNode.Object)?.Members.FirstOrDefault(member => member.Name == name)?.Value;

    private static ImmutableArray<SourceNode> ItemsOf(SourceNode? node, string name) => Member(node, name) is SourceNode.Array { Items: var items } ? items : [];

    private static string? TextOf(SourceNode node, string name) => Member(node, name) switch
    {
        SourceNode.String text => text.Value,
        SourceNode.Number number => number.Text,
        _ => null,
    };

    private static uint? NumberOf(SourceNode node, string name) => TextOf(node, name) switch
    {
        // YAML writes octal numbers as 0666 or 0o666.
        ['0', 'o', .. var octal] => FromOctal(octal),
        ['0', .. { Length: > 0 } octal] => FromOctal(octal),
        { } text when uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) => number,
        _ => null,
    };

    private static uint? FromOctal(string digits) => digits.Length is > 0 and < 11 && digits.All(digit => digit is >= '0' and <= '7') ? Convert.ToUInt32(digits, 8) : null;
}
