using System.Collections.Immutable;
using System.Text.Json;
using ContainerManager.EngineApi;

namespace ContainerManager.Plugins.Docker;

/// <summary>Which engines to follow: absolute paths of their sockets.</summary>
internal static class EngineSockets
{
    private const string Default = "/var/run/docker.sock";

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

        return [string.IsNullOrEmpty(dockerHost) ? Default : SocketAddresses.PathOf(dockerHost, "DOCKER_HOST")];
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
                ? SocketAddresses.PathsOf(property.Value, "settings.plugins.Docker.sockets")
                : throw new FormatException($"settings.plugins.Docker.{property.Name}: unknown; the only setting is \"sockets\"");
        }

        return sockets;
    }
}
