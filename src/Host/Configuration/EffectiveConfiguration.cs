using System.Collections.Immutable;
using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration.Checks;
using ContainerManager.Host.Configuration.Startup;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.Configuration;

/// <summary>
/// Writes what is in force as a configuration file: all files in one, with the rules of the presets in the place of their names, and each setting with the
/// value that it has. Read again, it means the same, unless two files bring one source to two targets in the same container: the first is shown.
/// </summary>
internal sealed class EffectiveConfiguration
{
    private readonly Utf8JsonWriter _json;

    private EffectiveConfiguration(Utf8JsonWriter json) => _json = json;

    internal static void Write(ServerConfiguration configuration, ServerOptions options, Utf8JsonWriter json) =>
        new EffectiveConfiguration(json).Write(configuration, options);

    private void Write(ServerConfiguration configuration, ServerOptions options)
    {
        _json.WriteStartObject();
        _json.WriteStartObject("containerConfigs");
        foreach (IGrouping<string, ContainerRules> key in configuration.Containers.GroupBy(rules => rules.Key.Text, StringComparer.Ordinal))
        {
            // A key that several files have has the rules of all of them.
            Write(key.Key, [.. key]);
        }

        _json.WriteEndObject();
        Write(options, configuration.Settings);
        _json.WriteEndObject();
    }

    private void Write(string key, ContainerRules[] rules)
    {
        _json.WriteStartObject(key);
        ILookup<string, PathRule> paths = rules.SelectMany(one => one.Paths).ToLookup(SectionOf, StringComparer.Ordinal);
        foreach (IGrouping<string, PathRule> section in paths)
        {
            _json.WriteStartObject(section.Key);
            foreach (PathRule rule in section.DistinctBy(rule => rule.Source.Text))
            {
                Write(rule);
            }

            _json.WriteEndObject();
        }

        ImmutableArray<UdevFilter> filters = [.. rules.Where(one => one.Udev.Enabled).SelectMany(one => one.Udev.Filters)];
        if (!filters.IsEmpty)
        {
            _json.WriteBoolean("_filter_udev_events", true);
            _json.WriteStartArray("_udev_filters");
            foreach (UdevFilter filter in filters)
            {
                _json.WriteStartObject();
                WriteMembers(filter.Condition);
                WriteMembers(filter.Admission);
                _json.WriteEndObject();
            }

            _json.WriteEndArray();
        }

        WriteEnvironment([.. rules.SelectMany(one => one.Environment)]);
        foreach (ContainerRules one in rules)
        {
            Write(one);
        }

        _json.WriteEndObject();
    }

    /// <summary>What comes from elsewhere is mounted as if the file named it.</summary>
    private static string SectionOf(PathRule rule) => rule.Source.EntriesOfDirectory ? PathRuleReader.InotifyWatch : PathRuleReader.Automount;

    /// <summary>A path that is none but itself, as a pattern.</summary>
    private static string PatternOf(PathPattern source) =>
        source.IsLiteral ? string.Concat(source.Text.Select(c => c is '*' or '?' or '[' ? $"[{c}]" : $"{c}")) : source.Text;

    private void Write(PathRule rule)
    {
        _json.WriteStartObject(PatternOf(rule.Source));
        _json.WriteString("target", rule.Mapping switch
        {
            TargetMapping.To to => to.Target,
            TargetMapping.UnderHost => "Host",
            _ => "Absolute",
        });
        WriteIf("readOnly", rule.Options.ReadOnly);
        WriteIf("noExec", rule.Options.NoExec);
        WriteUnless("recursive", rule.Options.Recursive);
        WriteIf("optional", rule.Optional);
        Write(rule.Options.Owner, rule.Options.Mode);
        _json.WriteEndObject();
    }

    private void WriteMembers(DeviceCondition condition)
    {
        WriteText("subsystem", condition.Subsystem);
        WriteText("devtype", condition.DeviceType);
        WriteText("devnode", condition.DeviceNode);
        WriteText("tag", condition.Tag);
        WriteText("vendor", condition.Vendor);
        WriteText("product", condition.Product);
        WriteText("serial", condition.Serial);
        if (!condition.Properties.IsEmpty)
        {
            _json.WriteStartObject("properties");
            foreach ((string name, string value) in condition.Properties)
            {
                _json.WriteString(name, value);
            }

            _json.WriteEndObject();
        }

        if (condition.Parent is { } parent)
        {
            _json.WriteStartObject("parent");
            WriteMembers(parent);
            _json.WriteEndObject();
        }
    }

    private void WriteMembers(DeviceAdmission admission)
    {
        WriteIf("exclusive", admission.Exclusive);
        Write(admission.Owner, admission.Mode);
        WriteUnless("node", admission.Node);
        WriteUnless("permission", admission.Permission);
        WriteUnless("database", admission.Database);
        WriteUnless("events", admission.Events);
    }

    private void Write(ContainerRules rules)
    {
        if (rules.Match is { } match)
        {
            _json.WriteStartObject("_match");
            WriteText("image", match.Image);
            _json.WriteStartObject("labels");
            foreach ((string label, string value) in match.Labels)
            {
                _json.WriteString(label, value);
            }

            _json.WriteEndObject();
            _json.WriteEndObject();
        }

        WriteText("_strategy", rules.Strategy);
        WriteText("_client", rules.Client switch
        {
            ClientPolicy.Always => "always",
            ClientPolicy.Never => "never",
            ClientPolicy.OnDemand => "on-demand",
            _ => null,
        });
        WriteText("_on_foreign_change", rules.OnForeignChange switch
        {
            ForeignChangePolicy.Restore => "restore",
            ForeignChangePolicy.Report => "report",
            _ => null,
        });
        WriteWords("_on_attach", rules.Hooks?.OnAttach);
        WriteWords("_on_detach", rules.Hooks?.OnDetach);
        WriteWords("_on_udev", rules.Hooks?.OnUdev);
        if (rules.Namespace is { } launch)
        {
            _json.WriteStartObject("_namespace");
            WriteWords("command", launch.Command);
            WriteText("root", launch.Root);
            _json.WriteString("net", launch.HostNetwork ? "host" : "private");
            WriteIf("userNamespace", launch.UserNamespace);
            _json.WriteString("restart", launch.Restart switch
            {
                RestartPolicy.OnFailure => "on-failure",
                RestartPolicy.Always => "always",
                _ => "no",
            });
            _json.WriteEndObject();
        }
    }

    private void Write(ServerOptions options, Settings file)
    {
        _json.WriteStartObject("settings");
        _json.WriteString("stateDirectory", options.StateDirectory);
        _json.WriteString("socket", options.Socket);
        _json.WriteString("pluginDirectory", options.PluginDirectory);
        _json.WriteString("bindRoot", options.BindRoot);
        _json.WriteString("logLevel", options.LogLevel.ToString());
        WriteText("logFormat", options.LogFormat?.ToString().ToLowerInvariant());
        _json.WriteBoolean("unmountOnExit", options.UnmountOnExit);
        WriteText("readGroup", options.ReadGroup);
        WriteText("controlGroup", options.ControlGroup);
        WriteText("metricsAddress", options.MetricsAddress?.ToString());
        Write(file.Labels);
        if (!file.Plugins.IsEmpty)
        {
            _json.WriteStartObject("plugins");
            foreach ((string name, JsonElement settings) in file.Plugins.OrderBy(plugin => plugin.Key, StringComparer.Ordinal))
            {
                _json.WritePropertyName(name);
                settings.WriteTo(_json);
            }

            _json.WriteEndObject();
        }

        _json.WriteEndObject();
    }

    private void Write(LabelPolicy? labels)
    {
        if (labels is not null)
        {
            _json.WriteStartObject(LabelPolicyReader.Key);
            WriteWords("paths", [.. labels.Paths.Select(pattern => pattern.Text)]);
            WriteWords("presets", [.. labels.Presets.Select(preset => preset.Name)]);
            _json.WriteEndObject();
        }
    }

    private void WriteEnvironment(ImmutableArray<string> variables)
    {
        if (variables.IsEmpty)
        {
            return;
        }

        _json.WriteStartObject("_environment");
        foreach (string[] variable in variables.Select(variable => variable.Split('=', 2)).Reverse().DistinctBy(variable => variable[0]).Reverse())
        {
            _json.WriteString(variable[0], variable[1]);
        }

        _json.WriteEndObject();
    }

    private void Write(FileOwner? owner, uint? mode)
    {
        WriteText("owner", owner?.ToString());
        WriteText("mode", mode is { } bits ? Convert.ToString(bits, 8).PadLeft(4, '0') : null);
    }

    private void WriteWords(string name, ImmutableArray<string>? list)
    {
        if (list is not { IsDefaultOrEmpty: false } words)
        {
            return;
        }

        _json.WriteStartArray(name);
        foreach (string word in words)
        {
            _json.WriteStringValue(word);
        }

        _json.WriteEndArray();
    }

    private void WriteText(string name, string? value)
    {
        if (value is not null)
        {
            _json.WriteString(name, value);
        }
    }

    private void WriteIf(string name, bool value)
    {
        if (value)
        {
            _json.WriteBoolean(name, true);
        }
    }

    private void WriteUnless(string name, bool value)
    {
        if (!value)
        {
            _json.WriteBoolean(name, false);
        }
    }
}
