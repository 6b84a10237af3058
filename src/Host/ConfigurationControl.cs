using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Startup;
using ContainerManager.Host.Control;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Diagnosis;
using ContainerManager.Host.Paths;
using ContainerManager.Host.State;
using ContainerManager.Host.Udev;
using ContainerManager.Protocol;

namespace ContainerManager.Host;

/// <summary>What the control socket can ask of the configuration.</summary>
internal sealed class ConfigurationControl(
    Engine engine, LiveConfiguration live, IControlledEngine control, ServerOptions options, string client) : IControlledConfiguration
{
    /// <inheritdoc/>
    public ConfigurationReply Show() => new(
        options.ConfigurationFile,
        [.. live.Files.Select(file => new ConfigurationText(file, TextOf(file)))],
        live.Since,
        Lines(live.Errors),
        Effective(live.Current));

    /// <inheritdoc/>
    public ConfigurationReply Reload()
    {
        live.Reload();
        return Show();
    }

    /// <inheritdoc/>
    public ConfigurationCheck Check(ConfigurationRequest request)
    {
        ConfigurationResult result = Read(request);
        return new ConfigurationCheck(Lines(result.Errors), result.Configuration is { } good ? Summary.Of(request.Name, good) : null);
    }

    /// <inheritdoc/>
    public async Task<ConfigurationDifference> CompareAsync(ConfigurationRequest request, CancellationToken cancellationToken)
    {
        ConfigurationResult result = Read(request);
        if (result.Configuration is not { } wanted)
        {
            return new ConfigurationDifference(Lines(result.Errors), []);
        }

        Rehearsal rehearsal = engine.Read(state => new Rehearsal(state));
        foreach (PathPattern pattern in rehearsal.Begin(wanted.Containers, wanted.Settings.Labels))
        {
            if (await PatternLook.AtAsync(engine.Paths, pattern, cancellationToken) is { } there)
            {
                rehearsal.Show(pattern, there);
            }
        }

        if (wanted.Filters.Any())
        {
            // A rule may ask for what none has asked for yet.
            DeviceReader reader = new("/sys", "/run/udev/data");
            rehearsal.Show([.. SysfsDevices.Enumerate("/sys", null).Select(reader.OfPath).OfType<Device>()]);
        }

        ServerConfiguration before = live.Current;
        return new ConfigurationDifference([], [
            .. Started(before, wanted),
            .. rehearsal.CarryOut().Select(done => ChangeOf(done.Container, done.Step)).OfType<PlannedChange>(),
            .. SettingsChanges.Of(options, before.Settings, wanted.Settings)
                .Select(setting => new PlannedChange(setting.AtOnce ? "setting" : "restart-needed", null, null, setting.Name)),
        ]);
    }

    private static PlannedChange? ChangeOf(string container, Step step) => step switch
    {
        Step.Attach attach => new PlannedChange("attach", container, attach.Desired.Source, attach.Target),
        Step.Replace replace => new PlannedChange("replace", container, replace.Desired.Source, replace.Target),
        Step.Detach detach => new PlannedChange("detach", container, detach.Current.Source, detach.Target),
        Step.OnDevice { Turn: var turn } => new PlannedChange(
            turn.Kind switch { DeviceTurnKind.Come => "device-add", DeviceTurnKind.Go => "device-remove", _ => "device-change" },
            container,
            null,
            turn.Device.Node?.Path ?? turn.Device.Path),
        _ => null,
    };

    /// <inheritdoc/>
    public async Task<DoctorReply> DiagnoseAsync(CancellationToken cancellationToken)
    {
        StatusReply status = control.Snapshot();
        IReadOnlyCollection<Device> devices = engine.Read(state => state.Devices.Devices.ToList());
        return new DoctorReply([
            .. HostChecks.All(options.BindRoot, client, options.PluginDirectory),
            .. (status.ConfigurationErrors ?? []).Select(error => new DoctorCheck("configuration", "failed", error, "what was in force before still is: mend the file")),
            .. status.Plugins.Select(plugin => new DoctorCheck($"plugin {plugin.Name}", "failed", plugin.Error ?? plugin.State, null)),
            .. status.Runtimes.Select(OfRuntime),
            .. await PresetChecks.AllAsync(
                live.Current,
                PresetCatalog.For(options.ConfigurationFile),
                devices,
                async pattern => await PatternLook.AtAsync(engine.Paths, pattern, cancellationToken) is { } found ? found.Count > 0 : null),
        ]);
    }

    private static DoctorCheck OfRuntime(RuntimeStatus runtime) => runtime.State switch
    {
        "failed" => new DoctorCheck($"runtime {runtime.Name}", "failed", runtime.Reason ?? "failed", null),
        "listening" => new DoctorCheck($"runtime {runtime.Name}", "ok", "its containers are followed", null),
        _ => new DoctorCheck($"runtime {runtime.Name}", "note", runtime.Reason ?? runtime.State, "nothing, if it is not installed on purpose"),
    };

    private static IEnumerable<PlannedChange> Started(ServerConfiguration before, ServerConfiguration wanted)
    {
        HashSet<string> known = [.. before.Containers.Select(rules => rules.Namespace?.Name).OfType<string>()];
        return wanted.Containers.Select(rules => rules.Namespace?.Name).OfType<string>().Where(name => !known.Contains(name))
            .Select(name => new PlannedChange("start", name, null, null));
    }

    private ConfigurationResult Read(ConfigurationRequest request) => request.Text is { } text
        ? ConfigurationFile.LoadWith(options.ConfigurationFile, request.Name, Encoding.UTF8.GetBytes(text))
        : ConfigurationFile.Load(options.ConfigurationFile);

    private static string? TextOf(string file) => ConfigurationFile.Read(file, out _) is { } content ? Encoding.UTF8.GetString(content.Span) : null;

    private static ImmutableArray<string> Lines(ImmutableArray<ConfigurationError> errors) => [.. errors.Select(error => error.ToString())];

    private JsonElement Effective(ServerConfiguration configuration)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text))
        {
            EffectiveConfiguration.Write(configuration, options.With(configuration.Settings), json);
        }

        using JsonDocument document = JsonDocument.Parse(text.WrittenMemory);
        return document.RootElement.Clone();
    }
}
