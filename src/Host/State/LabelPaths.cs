using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Checks;
using ContainerManager.Host.Configuration.Syntax;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.State;

/// <summary>
/// Reads the label <c>container-manager.automount</c>: <c>SOURCE[:TARGET][:ro]</c>, several with commas between them or as a JSON array. The path is compared
/// with the list as it is written, and no symbolic link is followed when it is mounted: so it can lead nowhere else.
/// </summary>
/// <param name="policy">What may be asked for.</param>
/// <param name="refused">Takes what is refused.</param>
internal sealed class LabelPaths(LabelPolicy policy, List<RefusedLabel> refused)
{
    private const string Form = "SOURCE[:TARGET][:ro], such as /srv/shared/a:/a:ro";
    private const int MostPaths = 64;

    private readonly HashSet<string> _targets = new(StringComparer.Ordinal);

    internal IEnumerable<PathRule> Read(string value)
    {
        if (Entries(value) is not { } entries)
        {
            Refuse(value, "", $"what begins with [ is a JSON array of {Form}, and this is none");
            return [];
        }

        if (entries.Length > MostPaths)
        {
            Refuse($"{entries.Length} paths", "", $"a label can name {MostPaths}: write them into the configuration");
            return [];
        }

        return entries.Select(ReadEntry).OfType<PathRule>().ToList();
    }

    private static string[]? Entries(string value)
    {
        if (!value.AsSpan().TrimStart().StartsWith('['))
        {
            return value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(value);
            JsonElement[] items = [.. document.RootElement.EnumerateArray()];
            return Array.TrueForAll(items, item => item.ValueKind == JsonValueKind.String) ? [.. items.Select(item => item.GetString()!)] : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter for half a surrogate, which is text in JSON and nowhere else.
            return null;
        }
    }

    private PathRule? ReadEntry(string entry)
    {
        string[] parts = entry.Split(':');
        bool readOnly = parts.Length > 1 && parts[^1] == "ro";
        parts = readOnly ? parts[..^1] : parts;
        if (parts.Length > 2)
        {
            return Refuse(entry, "", $"expected {Form}");
        }

        if (Normalised(entry, parts[0]) is not { } source || (parts.Length > 1 ? Normalised(entry, parts[1]) : source) is not { } target)
        {
            return null;
        }

        bool isPattern = HasWildcard(source);
        if (isPattern ? !policy.Paths.Any(pattern => pattern.Text == source) : !policy.Allows(source))
        {
            return Refuse(source, target, isPattern
                ? "wildcards count only where the whole is a pattern of settings.labels.paths: name each path"
                : "no path that labels may name: add it to settings.labels.paths if they may");
        }

        if (parts.Length > 1 && HasWildcard(target))
        {
            return Refuse(source, target, "a target has no wildcards: what those of the source find goes beneath it");
        }

        if (target == "/" || target == ClientMount.Directory || target.StartsWith(ClientMount.Directory + "/", StringComparison.Ordinal))
        {
            return Refuse(source, target, "nothing can be mounted there: name another target");
        }

        if (!_targets.Add(target))
        {
            return Refuse(source, target, "the label has named this target before: name another");
        }

        return new PathRule(
            new PathPattern(source, EntriesOfDirectory: false, IsLiteral: !isPattern, RefusesLinks: true),
            parts.Length > 1 ? new TargetMapping.To(target) : new TargetMapping.Absolute(),
            MountOptions.Default with { ReadOnly = readOnly },
            Optional: false,
            LabelRules.Automount);
    }

    private string? Normalised(string entry, string text)
    {
        if (text.Any(char.IsControl))
        {
            Refuse(entry, "", "expected a path without control characters");
            return null;
        }

        if (PathText.TryNormalise(text, out string? path, out PathFault? fault))
        {
            return path;
        }

        Refuse(entry, "", $"expected {fault.Expected}" + (fault.Hint is { } hint ? $" ({hint})" : ""));
        return null;
    }

    private static bool HasWildcard(string path) => path.AsSpan().ContainsAny('*', '?', '[');

    private PathRule? Refuse(string asked, string target, string reason)
    {
        refused.Add(new RefusedLabel(LabelRules.Automount, Printable.Key(asked), Printable.Key(target), reason));
        return null;
    }
}
