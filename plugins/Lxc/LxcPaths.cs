using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace ContainerManager.Plugins.Lxc;

/// <summary>Which further lxcpaths (lxc(7)) to follow, besides the default one of the host.</summary>
internal static class LxcPaths
{
    /// <summary>In bytes: lxc-monitor(1) puts it into a socket's name together with a hash, and ends where that does not fit.</summary>
    internal const int LongestPath = 84;

    private const string Where = "settings.plugins.Lxc";

    /// <summary><c>{ "paths": ["/srv/lxc", …] }</c>.</summary>
    /// <returns>Absolute paths in the form in which LXC's own programs write them: no slash at the end, none twice.</returns>
    /// <exception cref="FormatException">Something else is written there. The message says where, and what was expected.</exception>
    internal static ImmutableArray<string> From(JsonElement? settings)
    {
        if (settings is not { ValueKind: not JsonValueKind.Null } element)
        {
            return [];
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{Where}: expected {{ \"paths\": [\"/PATH\", …] }}, found {element.GetRawText()}");
        }

        ImmutableArray<string> paths = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            paths = property.Name == "paths"
                ? FromArray(property.Value)
                : throw new FormatException($"{Where}.{property.Name}: unknown; the only setting is \"paths\"");
        }

        return paths;
    }

    private static ImmutableArray<string> FromArray(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() == 0)
        {
            throw new FormatException($"{Where}.paths: expected a list of directories such as \"/srv/lxc\", found {array.GetRawText()}");
        }

        return [.. array.EnumerateArray().Select((item, index) => PathOf(item, $"{Where}.paths[{index}]")).Distinct(StringComparer.Ordinal)];
    }

    private static string PathOf(JsonElement item, string where)
    {
        string path = item.ValueKind == JsonValueKind.String ? item.GetString()! : "";
        string[] components = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (!path.StartsWith('/') || components is [] || components.Any(name => name is "." or "..") || path.Any(char.IsControl))
        {
            throw new FormatException(
                $"{where}: expected an absolute path without \"..\", such as \"/srv/lxc\", found {item.GetRawText()}");
        }

        string normal = "/" + string.Join('/', components);
        return Encoding.UTF8.GetByteCount(normal) <= LongestPath
            ? normal
            : throw new FormatException($"{where}: \"{normal}\" is longer than the {LongestPath} bytes that LXC's monitor can follow");
    }
}
