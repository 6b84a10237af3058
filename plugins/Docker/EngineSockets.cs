using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace ContainerManager.Plugins.Docker;

/// <summary>Which engines to follow: absolute paths of their sockets.</summary>
internal static class EngineSockets
{
    private const string Default = "/var/run/docker.sock";
    private const string Scheme = "unix://";

    /// <summary>The size of sun_path less its final zero byte (unix(7)).</summary>
    private const int LongestPath = 107;

    /// <summary>
    /// <c>{ "sockets": ["unix:///run/docker.sock", …] }</c>; without it what <c>DOCKER_HOST</c> says; without that Docker's default.
    /// </summary>
    /// <exception cref="FormatException">Something else is written there. The message says where, and what was expected.</exception>
    internal static ImmutableArray<string> From(JsonElement? settings, string? dockerHost)
    {
        if (settings is { ValueKind: not JsonValueKind.Null } element)
        {
            ImmutableArray<string> sockets = FromSettings(element);
            if (!sockets.IsEmpty)
            {
                return sockets;
            }
        }

        return [string.IsNullOrEmpty(dockerHost) ? Default : PathOf(dockerHost, "DOCKER_HOST")];
    }

    private static ImmutableArray<string> FromSettings(JsonElement settings)
    {
        if (settings.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"settings.plugins.Docker: expected {{ \"sockets\": [\"unix:///PATH\", …] }}, found {settings.GetRawText()}");
        }

        ImmutableArray<string> sockets = [];
        foreach (JsonProperty property in settings.EnumerateObject())
        {
            sockets = property.Name == "sockets"
                ? FromArray(property.Value)
                : throw new FormatException($"settings.plugins.Docker.{property.Name}: unknown; the only setting is \"sockets\"");
        }

        return sockets;
    }

    private static ImmutableArray<string> FromArray(JsonElement array)
    {
        const string Where = "settings.plugins.Docker.sockets";
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() == 0)
        {
            throw new FormatException($"{Where}: expected a list of \"unix:///PATH\", found {array.GetRawText()}");
        }

        return [.. array.EnumerateArray().Select((item, index) => PathOf(
            item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText(), $"{Where}[{index}]")).Distinct()];
    }

    private static string PathOf(string address, string where)
    {
        string path = address.StartsWith(Scheme, StringComparison.Ordinal) ? address[Scheme.Length..] : "";
        if (!path.StartsWith('/'))
        {
            throw new FormatException(
                $"{where}: expected unix:///PATH, found \"{address}\"; only an engine of this host has containers that can be entered");
        }

        return Encoding.UTF8.GetByteCount(path) <= LongestPath
            ? path
            : throw new FormatException($"{where}: \"{path}\" is longer than the {LongestPath} bytes that a socket's path may have");
    }
}
