using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host.Configuration;

/// <summary>
/// What somebody said about the server as a whole: <c>settings</c> in the file, or the command line. Null where they said nothing;
/// <see cref="Startup.ServerOptions"/> puts it all together. Paths are absolute and normalised.
/// </summary>
internal sealed record Settings
{
    internal string? StateDirectory { get; init; }
    internal string? Socket { get; init; }
    internal string? PluginDirectory { get; init; }
    internal string? BindRoot { get; init; }
    internal LogLevel? LogLevel { get; init; }
    internal LogFormat? LogFormat { get; init; }
    internal bool? UnmountOnExit { get; init; }

    /// <summary>Whose members may ask what there is: a name in /etc/group, or a number.</summary>
    internal string? ReadGroup { get; init; }

    /// <summary>Whose members may change it as well, and run programs in containers.</summary>
    internal string? ControlGroup { get; init; }

    /// <summary>Where the metrics are served besides the control socket.</summary>
    internal IPEndPoint? MetricsAddress { get; init; }

    /// <summary>What containers may ask for by their labels; null: labels are not looked at.</summary>
    internal LabelPolicy? Labels { get; init; }

    /// <summary>What is said here, and where nothing is, what the other says.</summary>
    internal Settings Over(Settings other) => new()
    {
        StateDirectory = StateDirectory ?? other.StateDirectory,
        Socket = Socket ?? other.Socket,
        PluginDirectory = PluginDirectory ?? other.PluginDirectory,
        BindRoot = BindRoot ?? other.BindRoot,
        LogLevel = LogLevel ?? other.LogLevel,
        LogFormat = LogFormat ?? other.LogFormat,
        UnmountOnExit = UnmountOnExit ?? other.UnmountOnExit,
        ReadGroup = ReadGroup ?? other.ReadGroup,
        ControlGroup = ControlGroup ?? other.ControlGroup,
        MetricsAddress = MetricsAddress ?? other.MetricsAddress,
        Labels = Labels ?? other.Labels,
        Plugins = other.Plugins.SetItems(Plugins),
    };

    internal bool SaysTheSameAs(Settings other) =>
        this with { Plugins = other.Plugins } == other && Plugins.Count == other.Plugins.Count && !ChangedPlugins(other).Any();

    /// <summary>The plugins of which both say another thing.</summary>
    internal IEnumerable<string> ChangedPlugins(Settings other) => Plugins.Keys.Union(other.Plugins.Keys)
        .Where(name => !(Plugins.TryGetValue(name, out JsonElement mine) && other.Plugins.TryGetValue(name, out JsonElement its) && JsonElement.DeepEquals(mine, its)));

    /// <summary><c>settings.plugins.NAME</c>: handed to the plugin as it is.</summary>
    internal ImmutableDictionary<string, JsonElement> Plugins { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;
}
