using System.Text;
using ContainerManager.Host.Configuration;

namespace ContainerManager.Tests.Unit.Configuration;

/// <summary>Writes rules as people can read them.</summary>
internal static class RuleText
{
    internal static string Of(ServerConfiguration configuration)
    {
        var text = new StringBuilder();
        foreach (ContainerRules container in configuration.Containers)
        {
            text.Append(container.Key).Append('\n');
            foreach (string line in LinesOf(container))
            {
                text.Append("  ").Append(line).Append('\n');
            }
        }

        foreach (string line in LinesOf(configuration.Settings))
        {
            text.Append("settings: ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    internal static string Of(PathRule rule)
    {
        string flags = (rule.Options.ReadOnly ? " readOnly" : "") + (rule.Options.NoExec ? " noExec" : "") +
            (rule.Options.Recursive ? "" : " notRecursive") + (rule.Optional ? " optional" : "") + (rule.Options.Owner is { } owner ? $" owner {owner}" : "") +
            (rule.Options.Mode is { } mode ? $" mode {Convert.ToString(mode, 8)}" : "");
        string what = rule.Source.EntriesOfDirectory ? " (entries)" : "";
        string target = rule.Source.HasWildcard ? rule.Mapping.ToString() : rule.FixedTarget;
        return $"{rule.Origin}: {rule.Source}{what} -> {target}{flags}";
    }

    private static IEnumerable<string> LinesOf(ContainerRules container)
    {
        foreach (PathRule rule in container.Paths)
        {
            yield return Of(rule);
        }

        if (container.Udev.Enabled)
        {
            yield return "udev events are forwarded";
        }

        foreach (UdevFilter filter in container.Udev.Filters)
        {
            yield return "filter: " + Of(filter.Condition) + Of(filter.Admission);
        }

        if (container.Match is { } match)
        {
            yield return $"only of image {match.Image}, labels {string.Join(" ", match.Labels)}";
        }

        foreach (string variable in container.Environment)
        {
            yield return $"environment {variable}";
        }

        if (container.Strategy is { } strategy)
        {
            yield return $"strategy {strategy}";
        }

        if (container.Namespace is { } launch)
        {
            yield return $"starts {launch.Name}: {string.Join(' ', launch.Command)}; root {launch.Root ?? "of its own, host's /usr"}; " +
                $"{(launch.HostNetwork ? "host" : "private")} net; {(launch.UserNamespace ? "user namespace; " : "")}restart {launch.Restart}";
        }
    }

    private static string Of(DeviceAdmission admission) =>
        (admission.Exclusive ? " exclusive" : "") + (admission.Owner is { } owner ? $" owner {owner}" : "") +
        (admission.Mode is { } mode ? $" mode {Convert.ToString(mode, 8)}" : "") + (admission.Node ? "" : " noNode") +
        (admission.Permission ? "" : " noPermission") + (admission.Database ? "" : " noDatabase") + (admission.Events ? "" : " noEvents");

    private static string Of(DeviceCondition filter)
    {
        string?[] parts =
        [
            filter.Subsystem is { } s ? $"subsystem={s}" : null,
            filter.DeviceType is { } t ? $"devtype={t}" : null,
            filter.DeviceNode is { } n ? $"devnode={n}" : null,
            filter.Tag is { } g ? $"tag={g}" : null,
            filter.Vendor is { } v ? $"vendor={v}" : null,
            filter.Product is { } m ? $"product={m}" : null,
            filter.Serial is { } r ? $"serial={r}" : null,
            .. filter.Properties.Select(p => $"{p.Key}={p.Value}"),
            filter.Parent is { } parent ? $"parent({Of(parent)})" : null,
        ];
        return string.Join(' ', parts.Where(p => p is not null));
    }

    private static IEnumerable<string> LinesOf(Settings settings)
    {
        (string Name, object? Value)[] values =
        [
            ("stateDirectory", settings.StateDirectory),
            ("socket", settings.Socket),
            ("pluginDirectory", settings.PluginDirectory),
            ("bindRoot", settings.BindRoot),
            ("logLevel", settings.LogLevel),
            ("logFormat", settings.LogFormat),
            ("unmountOnExit", settings.UnmountOnExit),
            ("readGroup", settings.ReadGroup),
            ("controlGroup", settings.ControlGroup),
            ("metricsAddress", settings.MetricsAddress),
            ("labels.paths", settings.Labels is { } labels ? string.Join(' ', labels.Paths) : null),
            ("labels.presets", settings.Labels is { Presets: { IsEmpty: false } presets } ? string.Join(' ', presets.Select(preset => preset.Name)) : null),
            .. settings.Plugins.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => ($"plugins.{p.Key}", (object?)p.Value.GetRawText())),
        ];
        return values.Where(v => v.Value is not null).Select(v => $"{v.Name} = {v.Value}");
    }
}
