using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Paths;
using ContainerManager.Host.State;
using ContainerManager.Linux;
using CsCheck;

namespace ContainerManager.Tests.Unit.State;

/// <summary>
/// Any history of files, containers, configurations, requests, slow steps and failures ends, once all is quiet, in exactly the
/// mounts that a few lines of brute force say.
/// </summary>
public sealed class HistoryTests
{
    private static readonly string[] Names = ["a", "b"];
    private static readonly string[] Sources = ["/s/1", "/s/2", "/s/dir", "/w"];
    private static readonly string[] Targets = ["/t", "/t/x", "/t/x/y", "/u"];

    private static readonly Gen<MountOptions> Options = Gen.Bool.Select(readOnly => new MountOptions { ReadOnly = readOnly });

    private static readonly Gen<PathRule> Rule = Gen.Select(
        OneOf(Sources),
        Gen.Bool,
        OneOf(Targets),
        Options,
        (source, entries, target, options) => new PathRule(
            new PathPattern(source, entries && source == "/w"), new TargetMapping.To(target), options, Optional: false, "_automount"));

    private static readonly Gen<UdevFilter> Filter = Gen.Select(OneOf("s1", "s2"), Gen.Int[0, 3], Gen.Bool, (subsystem, exclusive, node) =>
        new UdevFilter(new DeviceCondition { Subsystem = subsystem }, new DeviceAdmission { Exclusive = exclusive == 0, Node = node }));

    private static readonly Gen<ImmutableArray<ContainerRules>> Configuration = Gen.Select(OneOf("a", "b", "*"), Rule.Array[0, 3], Filter.Array[0, 2], Gen.Bool)
        .Select((key, rules, filters, enabled) => new ContainerRules(new ContainerKey(key), [.. rules], new UdevRules(enabled, [.. filters]), null))
        .Array[0, 3].Select(rules => rules.ToImmutableArray());

    private static readonly Gen<Action<SimulatedHost>> Happening = Gen.Frequency(
        (6, Gen.Select(OneOf(Sources), Gen.Int[0, 2], Gen.UInt[1, 3], Gen.Bool, Put)),
        (4, Gen.Select(OneOf(Sources), Gen.Int[0, 2], Vanish)),
        (2, Gen.Select(OneOf(Names), Gen.Int[1, 3], (name, pid) => new Action<SimulatedHost>(host => host.Start(name, pid)))),
        (1, OneOf(Names).Select(name => new Action<SimulatedHost>(host => host.Stop(name)))),
        (2, Configuration.Select(rules => new Action<SimulatedHost>(host => host.Send(new HostEvent.ConfigurationChanged(rules))))),
        (6, Gen.Select(Gen.Int[0, 3], OneOf("add", "change", "remove", "remove"), DeviceEvent)),
        (1, Gen.Const(new Action<SimulatedHost>(host => host.Send(new HostEvent.DevicesListed([.. host.State.Devices.Devices.Skip(1)]))))),
        (1, Gen.Select(OneOf(Names), Rule, (name, rule) => new Action<SimulatedHost>(
            host => host.Send(new HostEvent.BindRequested(new ContainerKey(name), rule))))),
        (1, Gen.Select(OneOf(Names), Rule, (name, rule) => new Action<SimulatedHost>(
            host => host.Send(new HostEvent.UnbindRequested(new ContainerKey(name), rule))))),
        (2, Gen.Select(OneOf(Names), Gen.Int[0, 3], Gen.Enum<ForeignChangeKind>(), (name, which, kind) => new Action<SimulatedHost>(host => host.Disturb(name, which, kind)))),
        (12, Gen.Int[0, 3].Select(lane => new Action<SimulatedHost>(host =>
        {
            if (host.HasSteps)
            {
                host.CarryOutOne(lane);
            }
        }))));

    [Fact]
    public void EveryHistoryEndsInWhatTheRulesSay() => Happening.Array[1, 60].Sample(history =>
    {
        SimulatedHost host = new();
        foreach (Action<SimulatedHost> happening in history)
        {
            happening(host);
        }

        host.Settle();
        Assert.Equal(
            host.State.Requests.Select(request => request.Rule).Concat(host.State.Configured.SelectMany(rules => rules.Paths)).Select(rule => rule.Source).ToHashSet(),
            host.Watched);
        foreach (ContainerState container in host.State.Containers)
        {
            Assert.Equal(Expected(host.State, container), MountedIn(host, container));
            Assert.Equal(
                DevicesFor(host.State, container),
                host.DevicesToldTo(container.Description.Id).Keys);
        }

        Assert.True(host.State.IsQuiet);
    }, iter: 5_000);

    [Fact]
    public void DrainingLeavesNothing() => Happening.Array[1, 40].Sample(history =>
    {
        SimulatedHost host = new();
        foreach (Action<SimulatedHost> happening in history)
        {
            happening(host);
        }

        host.Send(new HostEvent.Draining());
        host.Settle();
        Assert.All(host.State.Containers, container => Assert.Empty(host.MountsOf(container.Description.Id)));
        Assert.All(host.State.Containers, container => Assert.Empty(host.DevicesToldTo(container.Description.Id)));
        Assert.True(host.State.IsQuiet);
    }, iter: 1_000);

    /// <summary>What is said beforehand that a configuration would do is what it does.</summary>
    [Fact]
    public void ARehearsalSaysWhatWillHappen() => Gen.Select(Happening.Array[1, 40], Configuration).Sample((history, configuration) =>
    {
        SimulatedHost host = new();
        foreach (Action<SimulatedHost> happening in history)
        {
            happening(host);
        }

        host.Settle();
        Rehearsal rehearsal = new(host.State);
        Dictionary<string, Dictionary<string, string>> said = host.State.Containers.ToDictionary(
            container => container.Description.Name, container => host.MountsOf(container.Description.Id).Values.ToDictionary(mount => mount.Target, mount => mount.Source));
        foreach (PathPattern pattern in rehearsal.Begin(configuration, null))
        {
            rehearsal.Show(pattern, host.FilesOf(pattern));
        }

        foreach ((string container, Step step) in rehearsal.CarryOut())
        {
            _ = step switch
            {
                Step.Attach attach => said[container][attach.Target] = attach.Desired.Source,
                Step.Replace replace => said[container][replace.Target] = replace.Desired.Source,
                Step.Detach detach => said[container].Remove(detach.Target) ? "" : throw new InvalidOperationException("what is not there is taken away"),
                _ => "",
            };
        }

        host.Send(new HostEvent.ConfigurationChanged(configuration));
        host.Settle();
        foreach (ContainerState container in host.State.Containers)
        {
            Assert.Equal(
                host.MountsOf(container.Description.Id).Values.ToDictionary(mount => mount.Target, mount => mount.Source),
                said[container.Description.Name]);
        }
    }, iter: 2_000);

    /// <summary>Device 0 has no node; device 3 has one where a rule may want something else.</summary>
    private static Action<SimulatedHost> DeviceEvent(int number, string action) => host =>
    {
        if (!host.State.Devices.IsListed)
        {
            host.Send(new HostEvent.DevicesListed([]));
        }

        Device device = new()
        {
            Path = $"/devices/{number}",
            Subsystem = number % 2 == 0 ? "s1" : "s2",
            Node = number == 0 ? null : new DeviceNode($"/d/{number}", new FileIdentity(1, (ulong)number, FileKind.CharacterDevice)),
        };
        bool there = host.State.Devices.Devices.Any(known => known.Path == device.Path);
        if (action == "add" || there)
        {
            host.Send(new HostEvent.DeviceChanged(new DeviceChange(action, device, 1)));
        }
    };

    /// <summary>Those that a filter means, but for what another container claims.</summary>
    private static IEnumerable<string> DevicesFor(HostState state, ContainerState container) => state.Devices.Devices
        .Where(device => state.Devices.MatchesOf(device).Any(match => match.ClaimedBy is null && match.Container == container))
        .Select(device => device.Path)
        .Order(StringComparer.Ordinal);

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Action<SimulatedHost> Put(string source, int entry, uint inode, bool directory) => host =>
    {
        FileIdentity identity = new(1, inode, directory ? FileKind.Directory : FileKind.Regular);
        host.Put(new PathPattern(source, false), source, identity);
        if (source == "/w")
        {
            host.Put(new PathPattern(source, true), $"/w/{entry}", identity);
        }
    };

    private static Action<SimulatedHost> Vanish(string source, int entry) => host =>
    {
        host.Remove(new PathPattern(source, false), source);
        if (source == "/w")
        {
            host.Remove(new PathPattern(source, true), $"/w/{entry}");
        }
    };

    private static Dictionary<string, (string, FileIdentity, bool)> MountedIn(SimulatedHost host, ContainerState container) =>
        host.MountsOf(container.Description.Id).Values.ToDictionary(a => a.Target, a => (a.Source, a.Identity, a.Options.ReadOnly));

    /// <summary>The first rule that has something for a target wins; within a rule, the first path.</summary>
    private static Dictionary<string, (string, FileIdentity, bool)> Expected(HostState state, ContainerState container)
    {
        Dictionary<string, (string, FileIdentity, bool)> expected = [];
        IEnumerable<PathRule> rules = state.Requests.Where(r => r.Key.Matches(container.Description)).Select(r => r.Rule)
            .Concat(state.Configured.Where(r => r.Key.Matches(container.Description)).SelectMany(r => r.Paths));
        foreach (PathRule rule in rules)
        {
            foreach ((string path, FileIdentity identity) in state.Source(rule.Source)!.Paths.OrderBy(p => p.Key, StringComparer.Ordinal))
            {
                expected.TryAdd(rule.Mapping.TargetOf(rule.Source, path), (path, identity, rule.Options.ReadOnly));
            }
        }

        foreach (Device device in state.Devices.Devices)
        {
            DeviceMatch? match = state.Devices.MatchesOf(device).FirstOrDefault(match => match.ClaimedBy is null && match.Container == container).Match;
            if (match is { Filter.Admission.Node: true } && device.Node is { } node)
            {
                expected.TryAdd(node.Path, (node.Path, node.Identity, false));
            }
        }

        return expected;
    }
}
