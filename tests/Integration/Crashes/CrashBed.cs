using System.Globalization;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Crashes;

/// <summary>A container, a server that serves it, and somebody in the container who reads what has no reason to change.</summary>
internal sealed class CrashBed : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>For so long a server has something to do when all of the history happens at once.</summary>
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(60);

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly CrashSources _sources = new();
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly ServerUnderTest _server;
    private readonly string[] _hostMounts;
    private bool _runs;
    private int _processId;
    private BackgroundProcess? _reader;
    private UdevBed? _udev;
    private DenyingCgroup? _cgroup;
    private string[] _foreignMounts = [];
    private string[] _state = [];

    /// <summary>Null: it was being made or taken back when the server was killed, and both are right.</summary>
    private bool? _requested = false;

    private CrashBed()
    {
        _server = new ServerUnderTest([_runtime.Plugin], _sources.Configuration(_name));
        _hostMounts = HostMounts();
    }

    private string ReaderLog => _sources["reader"];

    internal static async Task<CrashBed> StartAsync() =>
        await CleanUp.BegunAsync(new CrashBed { _udev = await UdevBed.StartAsync() }, bed => bed.BeginAsync());

    /// <summary>The acting system calls of a server that lives through the whole history.</summary>
    internal async Task<IReadOnlyList<string>> CountAsync(string tracing)
    {
        await using SystemCallTracer tracer = await SystemCallTracer.FollowAsync(tracing, _server.ProcessId, null);
        foreach (HistoryStep step in _sources.History)
        {
            await HappenAsync(step);
        }

        await AssertNothingIsLeftAsync();
        return tracer.Calls;
    }

    /// <summary>The history with a server that is killed, and another one from there on.</summary>
    /// <returns>Whether it came to the point; else it was killed in the end.</returns>
    internal async Task<bool> CrashAsync(string tracing, CrashPoint point)
    {
        _server.ForgetLog();
        await using SystemCallTracer tracer = await SystemCallTracer.FollowAsync(tracing, _server.ProcessId, point);
        HistoryStep[] history = _sources.History;
        int next = 0;
        while (next < history.Length && await LivesThroughAsync(history[next], tracer))
        {
            next++;
        }

        await _server.KillAsync();
        _runs = false;
        string during = next < history.Length ? history[next].What : "nothing happens";
        if (next < history.Length && history[next].OnHost is not null)
        {
            next++;
        }

        if (point.ChangeWhileDead && next < history.Length && history[next].OnHost is { } change)
        {
            change();
            next++;
        }

        await ComeAgainAsync($"killed while {during}", next);
        return tracer.Killed;
    }

    /// <summary>A part of the history, nobody waiting for the server in between, and a server that is killed at any moment of it, or soon after.</summary>
    internal async Task CrashAtAnyMomentAsync(Random random)
    {
        _server.ForgetLog();
        HistoryStep[] history = _sources.History;
        int next = random.Next(1, history.Length + 1);
        TimeSpan moment = random.NextDouble() * Busy;
        Task killed = Task.Run(async () =>
        {
            await Task.Delay(moment);
            await _server.KillAsync();
        });
        foreach (HistoryStep step in history.Take(next))
        {
            if (step.OnHost is { } onHost)
            {
                onHost();
            }
            else
            {
                // Whoever asks a server that is killed is told so; what has become of it is found out later.
                await RequestAsync(step.Request!.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await killed;
        _runs = false;
        await ComeAgainAsync(string.Create(CultureInfo.InvariantCulture, $"killed after {moment.TotalMilliseconds:0.0} ms and {next} steps, the last of which {history[next - 1].What}"), next);
    }

    public async ValueTask DisposeAsync()
    {
        await CleanUp.AllAsync(
            CleanUp.Of(_reader),
            CleanUp.Of(async () =>
            {
                if (!_runs)
                {
                    await StartServerAsync();
                }

                await _runtime.RemoveAsync(_server, _name);
            }),
            CleanUp.Of(_server),
            CleanUp.Of(_cgroup),
            CleanUp.Of(_sources),
            CleanUp.Of(_udev));
    }

    private async Task BeginAsync()
    {
        await StartServerAsync();
        await _runtime.StartAsync(_server, _name);
        await _server.UntilBindingAsync(_name, "/steady", "attached");
        _processId = (await _server.StatusAsync()).Containers.Single(container => container.Name == _name).ProcessId!.Value;
        await _server.UntilBindingAsync(_name, DeviceInside.Database, "attached");
        _cgroup = new DenyingCgroup(_processId);

        // Where a container is in is read once: runtimes do not move theirs.
        await _server.KillAsync();
        await StartServerAsync();
        await _server.UntilBindingAsync(_name, "/steady", "attached");
        _foreignMounts = [.. MountPoints().Where(path => path != "/steady")];
        _state = State();
        _reader = new BackgroundProcess(
            ReaderLog, "nice", "-n", "19", "nsenter", "--mount", "--root", "--wd", "--target", _processId.ToString(CultureInfo.InvariantCulture),
            "sh", "-c", "exec 3< /steady; echo reading; while :; do read -r line 2> /dev/null < /steady && [ \"$line\" = steady ] || echo gap; done");
        await new GrowingFile(ReaderLog).UntilAsync(text => text.Contains("reading", StringComparison.Ordinal), Deadline);
    }

    private async Task StartServerAsync()
    {
        await _server.StartAsync();
        _runs = true;
    }

    /// <summary>Another server after one that was killed; and the rest of the history.</summary>
    private async Task ComeAgainAsync(string what, int next)
    {
        await StartServerAsync();
        await SettleAsync(what);
        Assert.False(File.Exists(Path.Combine(_server.StateDirectory, "journal.damaged")), "the journal is damaged");
        _server.AssertEveryThreadAtHome();
        await HurryToTheEndAsync(next);
        await AssertNothingIsLeftAsync();
    }

    /// <summary>The rest of the history, nobody waiting for the server in between.</summary>
    private async Task HurryToTheEndAsync(int next)
    {
        foreach (Action onHost in _sources.History.Skip(next).Select(step => step.OnHost).OfType<Action>())
        {
            onHost();
        }

        await RequestAsync(false);
    }

    /// <returns>False: the server was killed meanwhile.</returns>
    private async Task<bool> LivesThroughAsync(HistoryStep step, SystemCallTracer tracer)
    {
        Task happening = HappenAsync(step);
        await Task.WhenAny(happening, tracer.Ended);
        if (happening.IsCompletedSuccessfully && !tracer.Killed)
        {
            return true;
        }

        // That nobody answers any more may be known before why.
        await Task.WhenAny(tracer.Ended.WaitAsync(Deadline));
        if (tracer.Killed)
        {
            await happening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        }

        await happening;
        throw new InvalidOperationException("the server ended by itself");
    }

    private async Task HappenAsync(HistoryStep step)
    {
        if (step.OnHost is { } onHost)
        {
            onHost();
        }
        else
        {
            await RequestAsync(step.Request!.Value);
        }

        await SettleAsync(step.What);
    }

    private async Task RequestAsync(bool wanted)
    {
        // An earlier server may have heard of it although it did not answer.
        if (IsRequested(await _server.StatusAsync()) == wanted)
        {
            return;
        }

        _requested = null;
        await (wanted
            ? _server.BindAsync(_name, _sources["requested"], CrashSources.RequestedTarget)
            : _server.UnbindAsync(_name, CrashSources.RequestedTarget));
        _requested = wanted;
    }

    /// <summary>What is being taken back is there still, but nobody asks for it.</summary>
    private bool IsRequested(StatusReply reply) => ServerUnderTest.Find(reply, _name, CrashSources.RequestedTarget) is { Origin.Length: > 0 };

    /// <summary>Until what is mounted is what the rules say: no less, no more, and each once.</summary>
    private async Task SettleAsync(string what)
    {
        string[] wrong = [];
        try
        {
            await _server.UntilAsync(reply => (wrong = [.. WhatIsWrong(reply)]).Length == 0, Deadline);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{what}: {string.Join("; ", wrong)}\n{late.Message}", late);
        }
    }

    private IEnumerable<string> WhatIsWrong(StatusReply reply)
    {
        if (reply.Containers.SingleOrDefault(known => known.Name == _name) is not { State: "running" } container)
        {
            yield return "the container is not known yet";
            yield break;
        }

        _requested ??= IsRequested(reply);
        IEnumerable<CrashRule> rules = _requested.Value
            ? _sources.Rules.Append(new CrashRule(CrashSources.RequestedTarget, _sources["requested"], ReadOnly: false))
            : _sources.Rules;
        CrashRule[] wanted = [.. rules.Where(rule => Path.Exists(rule.Source))];
        bool plugged = File.Exists(_sources.Device.Node);
        string[] expected = [.. _foreignMounts.Concat(wanted.Select(rule => rule.Target)).Concat(plugged ? [_sources.Device.Node] : []).Order(StringComparer.Ordinal)];
        string[] actual = [.. MountPoints().Order(StringComparer.Ordinal)];
        if (!expected.SequenceEqual(actual))
        {
            yield return $"missing: {string.Join(' ', expected.Except(actual))}, too many: {string.Join(' ', actual.Index().Where(
                mount => !expected.Contains(mount.Item) || actual.AsSpan(0, mount.Index).Contains(mount.Item)).Select(mount => mount.Item))}";
        }

        foreach (CrashRule rule in wanted)
        {
            BindingStatus? status = ServerUnderTest.Find(reply, _name, rule.Target);
            FileStatus? inside = FileStatus.OfPath(Inside(rule.Target));
            if (status is not { State: "attached", Reason: null } || inside?.MountId != status.MountId || inside?.Identity != FileStatus.OfPath(rule.Source)?.Identity)
            {
                yield return $"{rule.Target} is {status?.State} ({status?.Reason})";
            }
        }

        foreach (string wrong in DeviceInside.WhatIsWrong(_sources.Device, reply, _name, Inside))
        {
            yield return wrong;
        }

        string[] allowed = _cgroup!.Allowed;
        if (!allowed.SequenceEqual(plugged ? [$"c {_sources.Device.Number} rwm"] : []))
        {
            yield return $"allowed is {string.Join(", ", allowed)}";
        }

        foreach (BindingStatus status in container.Bindings.Where(status => status.Target != DeviceInside.Database && status.Target != _sources.Device.Node && wanted.All(rule => rule.Target != status.Target)))
        {
            if (status is not { State: "waiting", MountId: null })
            {
                yield return $"{status.Target} is {status.State} ({status.Reason})";
            }
        }
    }

    /// <summary>To be called when all sources but one have gone.</summary>
    private async Task AssertNothingIsLeftAsync()
    {
        await SettleAsync("in the end");
        Assert.All((string[])["/deep", "/directory", "/sockets", "/read-only", "/requested"], path => Assert.False(Path.Exists(Inside(path)), path));
        Assert.Empty(_sources.RemoveOldDirectories());
        Assert.Equal(_state, State());
        Assert.Equal(_hostMounts, HostMounts());
        Assert.DoesNotContain("gap", new GrowingFile(ReaderLog).Text, StringComparison.Ordinal);
        Assert.False(_reader!.HasExited, "nobody reads any more");
    }

    private string Inside(string path) => string.Create(CultureInfo.InvariantCulture, $"/proc/{_processId}/root{path}");

    private string[] MountPoints() => [.. MountTable.OfProcess(_processId).Mounts.Select(mount => mount.MountPoint)];

    /// <summary>The directory of a tag stays, as udevd's does.</summary>
    private string[] State() => [.. Directory.GetFileSystemEntries(_server.StateDirectory, "*", SearchOption.AllDirectories)
        .Where(path => Path.GetFileName(Path.GetDirectoryName(path)) != "tags").Order(StringComparer.Ordinal)];

    private string[] HostMounts() => [.. MountTable.OfSelf().Mounts.Select(mount => mount.MountPoint)
        .Where(path => path.StartsWith(_sources.FullPath, StringComparison.Ordinal) || path.StartsWith(Path.GetDirectoryName(_server.StateDirectory)!, StringComparison.Ordinal))];
}
