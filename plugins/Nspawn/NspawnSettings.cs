using System.Text.Json;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>What <c>settings.plugins.Nspawn</c> says.</summary>
/// <param name="MachinesDirectory">Where systemd-machined writes what runs. Absolute.</param>
/// <param name="Unregistered">Whether machines that machined does not know are looked for.</param>
internal sealed record NspawnSettings(string MachinesDirectory, bool Unregistered)
{
    private const string Where = "settings.plugins.Nspawn";

    /// <summary>What holds without settings.</summary>
    internal static NspawnSettings Default { get; } = new("/run/systemd/machines", true);

    /// <summary><c>{ "machinesDirectory": "/run/systemd/machines", "unregistered": true }</c>; both are optional.</summary>
    /// <exception cref="FormatException">Something else is written there. The message says where, and what was expected.</exception>
    internal static NspawnSettings From(JsonElement? settings)
    {
        if (settings is not { ValueKind: not JsonValueKind.Null } element)
        {
            return Default;
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{Where}: expected {{ \"machinesDirectory\": \"/PATH\", \"unregistered\": true }}, found {element.GetRawText()}");
        }

        return element.EnumerateObject().Aggregate(Default, With);
    }

    private static NspawnSettings With(NspawnSettings settings, JsonProperty property) => property.Name switch
    {
        "machinesDirectory" => settings with { MachinesDirectory = DirectoryOf(property.Value) },
        "unregistered" => settings with { Unregistered = TruthOf(property.Value) },
        _ => throw new FormatException($"{Where}.{property.Name}: unknown; the settings are \"machinesDirectory\" and \"unregistered\""),
    };

    private static string DirectoryOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is ['/', ..] path && !path.Contains('\0', StringComparison.Ordinal)
            ? path.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/"
            : throw new FormatException($"{Where}.machinesDirectory: expected an absolute path such as \"{Default.MachinesDirectory}\", found {value.GetRawText()}");

    private static bool TruthOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new FormatException($"{Where}.unregistered: expected true or false, found {value.GetRawText()}"),
    };
}
