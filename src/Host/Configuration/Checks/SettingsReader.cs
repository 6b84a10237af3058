using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using ContainerManager.Host.Configuration.Syntax;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>settings</c>.</summary>
internal static class SettingsReader
{
    private const string Directory = "the absolute path of a directory";

    private static readonly string[] Known =
        ["stateDirectory", "socket", "pluginDirectory", "bindRoot", "logLevel", "logFormat", "unmountOnExit", "readGroup", "controlGroup", "metricsAddress", LabelPolicyReader.Key, "plugins"];

    private static readonly string[] s_formats = ["text", "json", "journal"];

    internal static Settings Read(ConfigurationValue? section, PresetCatalog presets)
    {
        if (section?.AsObject("an object", Known) is not { } members)
        {
            return new Settings();
        }

        return new Settings
        {
            StateDirectory = PathReader.Read(members["stateDirectory"], Directory),
            Socket = PathReader.Read(members["socket"], "the absolute path of a socket", PathText.LongestSocketPath),
            PluginDirectory = PathReader.Read(members["pluginDirectory"], Directory),
            BindRoot = PathReader.Read(members["bindRoot"], Directory),
            LogLevel = members["logLevel"]?.AsWord(LogLevelNames.All, StringComparison.OrdinalIgnoreCase) is { } level
                ? Enum.Parse<LogLevel>(level)
                : null,
            LogFormat = members["logFormat"]?.AsWord(s_formats) is { } format ? Enum.Parse<LogFormat>(format, ignoreCase: true) : null,
            UnmountOnExit = members["unmountOnExit"]?.AsBoolean(),
            ReadGroup = ReadGroup(members["readGroup"]),
            ControlGroup = ReadGroup(members["controlGroup"]),
            MetricsAddress = ReadAddress(members["metricsAddress"]),
            Labels = LabelPolicyReader.Read(members[LabelPolicyReader.Key], presets),
            Plugins = ReadPlugins(members["plugins"]),
        };
    }

    private static IPEndPoint? ReadAddress(ConfigurationValue? address)
    {
        const string Expected = "an address and a port, such as \"127.0.0.1:9480\"";
        if (address?.AsText(Expected) is not { } text)
        {
            return null;
        }

        if (IPEndPoint.TryParse(text, out IPEndPoint? parsed) && parsed.Port != 0)
        {
            return parsed;
        }

        address.Fail(Expected);
        return null;
    }

    private static string? ReadGroup(ConfigurationValue? group)
    {
        const string Expected = "the name of a group, or its number in quotes";
        string? name = group?.AsText(Expected);
        if (name is not null && (name.Length == 0 || name.Any(c => c is ':' or '/' || char.IsWhiteSpace(c) || char.IsControl(c))))
        {
            group!.Fail(Expected);
        }

        return name;
    }

    private static ImmutableDictionary<string, JsonElement> ReadPlugins(ConfigurationValue? plugins)
    {
        string? hint = plugins?.Node is SourceNode.String ? "the directory of the plugins is called pluginDirectory" : null;
        var result = ImmutableDictionary.CreateBuilder<string, JsonElement>();
        foreach (ConfigurationValue plugin in plugins?.AsMembers("an object: name of a plugin → its settings", hint) ?? [])
        {
            if (!PlainName.Is(plugin.Name))
            {
                plugin.FailName("the name of a plugin, which is that of its directory, such as Docker");
            }
            else if (!plugin.IsNull)
            {
                result.Add(plugin.Name, ToElement(plugin.Node));
            }
        }

        return result.ToImmutable();
    }

    /// <summary>Written anew: a deserializer reads an element's text again, and stumbles over comments.</summary>
    private static JsonElement ToElement(SourceNode node)
    {
        using JsonDocument document = JsonDocument.Parse(node.ToText());
        return document.RootElement.Clone();
    }
}
