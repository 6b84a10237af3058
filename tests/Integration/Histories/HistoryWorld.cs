using System.Globalization;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Histories;

/// <summary>A real server and two real containers to which a history happens; and beside them a model, which says what should be mounted.</summary>
internal sealed class HistoryWorld : IAsyncDisposable
{
    internal const int Configurations = 3;

    private static readonly TimeSpan SettlesWithin = TimeSpan.FromSeconds(30);
    private static readonly string[] s_targets = ["/bound", "/second", "/watched", "/requested", "/directory", "/over"];

    private readonly HistorySources _sources = new();
    private readonly HistoryDevices _devices;
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly string _prefix = $"cm-{Guid.NewGuid():N}"[..16];
    private readonly Dictionary<string, int> _running = [];
    private readonly HashSet<int> _requests = [];
    private string[] _foreignMounts = [];
    private int _configuration;
    private bool _serverRuns;

    private HistoryWorld(HistoryDevices devices)
    {
        _devices = devices;
        Server = new ServerUnderTest([_runtime.Plugin], Text(0));
    }

    internal ServerUnderTest Server { get; }

    private string First => _prefix + "-a";

    private string Second => _prefix + "-b";

    internal static async Task<HistoryWorld> BeginAsync() =>
        await CleanUp.BegunAsync(new HistoryWorld(await HistoryDevices.BeginAsync()), async world =>
        {
            await world.StartServerAsync();
            await world.StartAsync(world.First);
            await world.Server.UntilBindingAsync(world.First, DeviceInside.Database, "attached");
            world._foreignMounts = [.. world.MountPoints(world.First).Where(path => path != "/over/file")];
            await world.StartAsync(world.Second);
        });

    /// <summary>Does it, and does not wait for what comes of it; to settle is to wait.</summary>
    internal Task HappenAsync(Operation operation)
    {
        string which = operation.Object;
        switch (operation.Verb)
        {
            case "put": _sources.Put("file-" + which); break;
            case "delete": _sources.Delete("file-" + which); break;
            case "enter": _sources.Put("watched/" + which); break;
            case "leave": _sources.Delete("watched/" + which); break;
            case "make-directory": _sources.MakeDirectory("directory"); break;
            case "drop-directory": _sources.DropDirectory("directory"); break;
            case "put-inner": _sources.Put("inner"); break;
            case "delete-inner": _sources.Delete("inner"); break;
            case "mount-over": return _sources.MountOverAsync(true);
            case "unmount-over": return _sources.MountOverAsync(false);
            case "bind": return RequestAsync(Number(which), true);
            case "unbind": return RequestAsync(Number(which), false);
            case "configure": Server.Configure(Text(Number(which))); break;
            case "unmount-inside": return UnmountInsideAsync(Number(which));
            case "restart": return RestartAsync(which == "0" ? First : Second);
            case "stop": return StopAsync(Second);
            case "start": return StartAsync(Second);
            case "kill-server": return ServerAgainAsync(Server.KillAsync);
            case "end-server": return ServerAgainAsync(Server.StopAsync);
            case "reload-plugin": return Server.ReloadAsync(_runtime.Plugin);
            case "plug": _devices.Plug(Number(which)); break;
            case "unplug": return _devices.UnplugAsync(Number(which));
            case "kill-udevd": return _devices.KillDaemonAsync();
            case "settle": return SettleAsync();
            default: throw new ArgumentException($"unknown operation {operation}", nameof(operation));
        }

        return Task.CompletedTask;
    }

    /// <summary>Nothing that was asked for is wanted any more, and both containers run.</summary>
    internal async Task RestAsync()
    {
        foreach (int request in _requests.ToList())
        {
            await RequestAsync(request, false);
        }

        Server.Configure(Text(0));
        await StartAsync(Second);
        await _sources.ClearAsync();
        await _devices.ClearAsync();
        await SettleAsync();
    }

    /// <summary>Asks for a binding, and takes that back.</summary>
    internal async Task BindOnceAsync()
    {
        await Server.BindAsync(First, _sources["requested-0"], "/requested/once");
        await Server.UnbindAsync(First, "/requested/once");
    }

    public async ValueTask DisposeAsync() => await CleanUp.AllAsync(
        CleanUp.Of(async () =>
        {
            if (!_serverRuns)
            {
                await StartServerAsync();
            }

            await _runtime.RemoveAsync(Server, First);
            await _runtime.RemoveAsync(Server, Second);
        }),
        CleanUp.Of(Server),
        CleanUp.Of(_sources),
        CleanUp.Of(_devices));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Json(bool value) => value ? "true" : "false";

    /// <summary>One of the configurations; it is in force from now on, as far as the model is concerned.</summary>
    private string Text(int configuration)
    {
        _configuration = configuration;
        string paths = string.Join(", ", Rules().Select(rule => $"\"{rule.Source}\": {{ \"target\": \"{rule.Target}\", \"readOnly\": {Json(rule.ReadOnly)} }}"));
        return $$"""
            { "containerConfigs": { "{{_prefix}}-*": {
                "_automount": { {{paths}} }, "_inotify_watch": { {{(Watches ? $"\"{_sources["watched"]}\": {{ \"target\": \"/watched\" }}" : "")}} },
                {{_devices.Rules}} } } }
            """;
    }

    private bool Watches => _configuration != 2;

    private IEnumerable<(string Source, string Target, bool ReadOnly)> Rules()
    {
        for (int i = 0; i < 4; i++)
        {
            yield return (_sources[$"file-{i}"], _configuration == 1 && i == 1 ? "/second/place/file-1" : $"/bound/deep/file-{i}", _configuration == 1 && i == 0);
        }

        if (_configuration != 2)
        {
            yield return (_sources["directory"], "/directory", false);
        }

        yield return (_sources["inner"], "/directory/inner", false);
        yield return (_sources["over/file"], "/over/file", false);
    }

    /// <summary>What the model says should be in a container.</summary>
    private (string Source, string Target, bool ReadOnly)[] Wanted(string container)
    {
        IEnumerable<(string, string, bool)> watched = Watches ? Directory.GetFiles(_sources["watched"]).Select(path => (path, "/watched/" + Path.GetFileName(path), false)) : [];
        IEnumerable<(string, string, bool)> requested = container == First ? _requests.Select(i => (_sources[$"requested-{i}"], $"/requested/here/{i}", false)) : [];
        return [.. Rules().Where(rule => Path.Exists(rule.Source)), .. watched, .. requested];
    }

    private async Task RequestAsync(int which, bool wanted)
    {
        if (wanted && _requests.Add(which))
        {
            await Server.BindAsync(First, _sources[$"requested-{which}"], $"/requested/here/{which}");
        }
        else if (!wanted && _requests.Remove(which))
        {
            await Server.UnbindAsync(First, $"/requested/here/{which}");
        }
    }

    /// <summary>Somebody in the first container unmounts something of ours, if there is anything.</summary>
    private async Task UnmountInsideAsync(int which)
    {
        string[] ours = [.. MountPoints(First).Except(_foreignMounts)];
        if (ours.Length > 0)
        {
            await Command.RunAsync("nsenter", ["--mount", "--root", "--wd", "--target", _running[First].ToString(CultureInfo.InvariantCulture), "umount", "--lazy", ours[which % ours.Length]]);
        }
    }

    private async Task RestartAsync(string container)
    {
        await StopAsync(container);
        await StartAsync(container);
    }

    private async Task StartAsync(string container)
    {
        if (!_running.ContainsKey(container))
        {
            int processId = (await Server.SpawnAsync(new SpawnRequest(container, ["sleep", "infinity"], Root: null, HostNetwork: false, UserNamespace: false))).ProcessId!.Value;
            await Server.UntilAsync(reply => reply.Containers.Any(one => one.Name == container && one.State == "running" && one.ProcessId == processId));
            _running[container] = processId;
        }
    }

    private async Task StopAsync(string container)
    {
        if (_running.Remove(container))
        {
            await Server.StopContainerAsync(container);
        }
    }

    private async Task ServerAgainAsync(Func<Task> end)
    {
        await end();
        _serverRuns = false;
        await StartServerAsync();
    }

    private async Task StartServerAsync()
    {
        await Server.StartAsync();
        _serverRuns = true;
    }

    private async Task SettleAsync()
    {
        await UdevBed.SettleAsync();

        // What was saved last is in force, whether its event has come or not.
        await Server.ReloadConfigurationAsync();
        string[] wrong = [];
        try
        {
            await Server.UntilAsync(reply => (wrong = [.. _running.Keys.SelectMany(container => WhatIsWrong(reply, container))]).Length == 0, SettlesWithin);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{string.Join("; ", wrong)}\n{late.Message}", late);
        }

        Server.AssertEveryThreadAtHome();
        Server.ForgetLog();
    }

    private IEnumerable<string> WhatIsWrong(StatusReply reply, string name)
    {
        if (reply.Containers.SingleOrDefault(one => one.Name == name) is not { State: "running" } container)
        {
            yield return $"{name} is not known yet";
            yield break;
        }

        (string Source, string Target, bool ReadOnly)[] wanted = Wanted(name);
        string[] expected = [.. _foreignMounts.Concat(wanted.Select(rule => rule.Target)).Concat(_devices.Plugged).Order(StringComparer.Ordinal)];
        string[] actual = [.. MountPoints(name).Order(StringComparer.Ordinal)];
        if (!expected.SequenceEqual(actual))
        {
            yield return $"{name} has [{string.Join(' ', actual.Except(_foreignMounts))}] and should have [{string.Join(' ', expected.Except(_foreignMounts))}]";
        }

        foreach ((string source, string target, bool readOnly) in wanted)
        {
            BindingStatus? status = ServerUnderTest.Find(reply, name, target);
            FileStatus? inside = FileStatus.OfPath(Inside(name, target));
            if (status is not { State: "attached", Reason: null } || status.ReadOnly != readOnly || status.MountId != inside?.MountId || inside?.Identity != FileStatus.OfPath(source)?.Identity)
            {
                yield return $"{name}: {target} is {status?.State} ({status?.Reason})";
            }
        }

        foreach (string wrong in _devices.WhatIsWrong(reply, name, path => Inside(name, path)))
        {
            yield return wrong;
        }

        HashSet<string> known = [DeviceInside.Database, .. _devices.Nodes, .. wanted.Select(rule => rule.Target)];
        foreach (BindingStatus status in container.Bindings.Where(status => !known.Contains(status.Target) && status is not { State: "waiting", MountId: null }))
        {
            yield return $"{name}: {status.Target} is {status.State} ({status.Reason})";
        }

        foreach (string left in s_targets.Where(target => !wanted.Any(rule => rule.Target.StartsWith(target, StringComparison.Ordinal)) && Path.Exists(Inside(name, target))))
        {
            yield return $"{name}: {left} is left over";
        }
    }

    private string Inside(string container, string path) => string.Create(CultureInfo.InvariantCulture, $"/proc/{_running[container]}/root{path}");

    private string[] MountPoints(string container) => [.. MountTable.OfProcess(_running[container]).Mounts.Select(mount => mount.MountPoint)];
}
