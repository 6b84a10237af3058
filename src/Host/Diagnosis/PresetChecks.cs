using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Cdi;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Paths;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Diagnosis;

/// <summary>Whether the parts of the presets, and the CDI devices, that the configuration uses are there on this host.</summary>
internal static class PresetChecks
{
    /// <param name="configuration">The one in force.</param>
    /// <param name="catalog">The presets.</param>
    /// <param name="devices">Those of the host, as far as rules ask for any.</param>
    /// <param name="look">Whether something is at a path now; null: a file system does not answer.</param>
    internal static async Task<ImmutableArray<DoctorCheck>> AllAsync(
        ServerConfiguration configuration, PresetCatalog catalog, IReadOnlyCollection<Device> devices, Func<PathPattern, Task<bool?>> look)
    {
        ImmutableArray<DoctorCheck>.Builder checks = ImmutableArray.CreateBuilder<DoctorCheck>();
        foreach (string name in configuration.Containers.SelectMany(rules => rules.Use)
            .Concat(configuration.Settings.Labels?.Presets.Select(preset => preset.Name) ?? []).Distinct().Order(StringComparer.Ordinal))
        {
            if (catalog.Find(name) is { Preset: { } preset })
            {
                checks.Add(await OfAsync(preset, devices, look));
            }
        }

        CdiCatalog cdi = new(CdiCatalog.Directories);
        checks.AddRange(configuration.Containers.SelectMany(rules => rules.Cdi).Distinct().Order(StringComparer.Ordinal).Select(name => cdi.Find(name) is null
            ? new DoctorCheck("CDI", "note", $"no specification describes {name} now", $"what its vendor's tool writes into {string.Join(" or ", CdiCatalog.Directories)} is used at once")
            : new DoctorCheck("CDI", "ok", $"{name} is described", null)));
        return checks.ToImmutable();
    }

    private static async Task<DoctorCheck> OfAsync(Preset preset, IReadOnlyCollection<Device> devices, Func<PathPattern, Task<bool?>> look)
    {
        List<string> there = [], missing = [];
        foreach (PathRule rule in preset.Paths)
        {
            (await look(rule.Source) == true ? there : missing).Add(rule.Source.Text);
        }

        foreach (UdevFilter filter in preset.Filters)
        {
            (devices.Any(device => DeviceMatch.Find([filter], device) is not null) ? there : missing).Add(ConditionText.Of(filter.Condition));
        }

        string detail = string.Join("; ", ((string[])[
            there.Count > 0 ? $"there: {string.Join(", ", there)}" : "",
            missing.Count > 0 ? $"not there now: {string.Join(", ", missing)}" : "",
        ]).Where(part => part.Length > 0));
        return there.Count > 0
            ? new DoctorCheck($"preset {preset.Name}", "ok", detail, null)
            : new DoctorCheck($"preset {preset.Name}", "note", detail, "what comes later is given then");
    }
}
