using System.Collections.Immutable;
using System.Text.Json;
using ContainerManager.EngineApi;

namespace ContainerManager.Plugins.Podman;

/// <summary>What <c>settings.plugins.Podman</c> says; all of it is optional (docs/configuration.md).</summary>
internal sealed record PodmanSettings
{
    private const string Where = "settings.plugins.Podman";
    private const string Everyone = "*";

    private static readonly ImmutableArray<string> DefaultSockets = ["/run/podman/podman.sock"];

    /// <summary>Sockets of root's engines.</summary>
    internal ImmutableArray<string> Sockets { get; private init; } = DefaultSockets;

    /// <summary>Whether to start a service of root while the first of the sockets has none.</summary>
    internal bool Service { get; private init; } = true;

    /// <summary>Global options of <c>podman</c> for that service, such as <c>--root</c>.</summary>
    internal ImmutableArray<string> Options { get; private init; } = [];

    /// <summary>Users whose engines are followed: names, or ids in decimal.</summary>
    internal ImmutableArray<string> Users { get; private init; } = [];

    /// <summary>Also those of everyone who logs in, as far as they have one.</summary>
    internal bool EveryUser { get; private init; }

    /// <exception cref="FormatException">Something else is written there. The message says where, and what was expected.</exception>
    internal static PodmanSettings From(JsonElement? settings)
    {
        if (settings is not { ValueKind: not JsonValueKind.Null } element)
        {
            return new PodmanSettings();
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{Where}: expected an object with \"sockets\", \"service\", \"options\" and \"users\", found {element.GetRawText()}");
        }

        // Sockets named by hand are of engines that somebody starts: a service beside them has to be asked for.
        PodmanSettings result = new() { Service = !element.TryGetProperty("sockets", out _) };
        return element.EnumerateObject().Aggregate(result, With);
    }

    private static PodmanSettings With(PodmanSettings settings, JsonProperty property) => property.Name switch
    {
        "sockets" => settings with { Sockets = SocketAddresses.PathsOf(property.Value, $"{Where}.sockets") },
        "service" => settings with { Service = Truth(property.Value) },
        "options" => settings with { Options = OptionsOf(property.Value) },
        "users" => WithUsers(settings, [.. Items(property.Value, "users", "\"NAME\", a user id or \"*\"").Select(UserOf).Distinct()]),
        _ => throw new FormatException($"{Where}.{property.Name}: unknown; the settings are \"sockets\", \"service\", \"options\" and \"users\""),
    };

    private static PodmanSettings WithUsers(PodmanSettings settings, ImmutableArray<string> users) =>
        settings with { Users = users.Remove(Everyone), EveryUser = users.Contains(Everyone) };

    private static bool Truth(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new FormatException($"{Where}.service: expected true or false, found {value.GetRawText()}"),
    };

    private static ImmutableArray<string> OptionsOf(JsonElement value) => [.. Items(value, "options", "strings such as \"--root=/srv/containers\"")
        .Select((item, index) => item.ValueKind == JsonValueKind.String && !item.GetString()!.Contains('\0', StringComparison.Ordinal)
            ? item.GetString()!
            : throw new FormatException($"{Where}.options[{index}]: expected a string, found {item.GetRawText()}"))];

    private static JsonElement.ArrayEnumerator Items(JsonElement value, string name, string expected) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray()
        : throw new FormatException($"{Where}.{name}: expected a list of {expected}, found {value.GetRawText()}");

    private static string UserOf(JsonElement item, int index)
    {
        string? user = item.ValueKind switch
        {
            JsonValueKind.String => item.GetString(),
            JsonValueKind.Number when item.TryGetUInt32(out uint _) => item.GetRawText(),
            _ => null,
        };
        return user is null or "" || user[0] == '-' || user.AsSpan().ContainsAny(" :/\n\0")
            ? throw new FormatException($"{Where}.users[{index}]: expected \"NAME\", a user id or \"*\", found {item.GetRawText()}")
            : user is "root" or "0" ? throw new FormatException($"{Where}.users[{index}]: root's containers are found in any case; name other users")
            : user;
    }
}
