using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Paths;
using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.State;

public sealed class StateTests
{
    private static readonly PathPattern Pattern = new("/s", EntriesOfDirectory: false);
    private static readonly FileIdentity File1 = new(1, 1, FileKind.Regular);
    private static readonly FileIdentity File2 = new(1, 2, FileKind.Regular);

    private readonly SimulatedHost _host = new();

    [Fact]
    public void AFailedStepIsNotTriedAgainUntilSomethingElseIsWanted()
    {
        Configure();
        _host.Start("c", 1);
        _host.Settle();
        _host.Put(Pattern, "/s", File1);
        _host.CarryOutOne(0, fail: true);
        Assert.False(_host.HasSteps);
        Assert.Equal("made to fail", Only().Failure?.Reason);
        _host.Put(Pattern, "/s", File2);
        _host.Settle();
        Assert.Equal(File2, Only().Actual?.Identity);
        Assert.Null(Only().Failure);
    }

    [Fact]
    public void TheSameFileThatWentAndCameIsTriedAgain()
    {
        Configure();
        _host.Start("c", 1);
        _host.Settle();
        _host.Put(Pattern, "/s", File1);
        _host.CarryOutOne(0, fail: true);
        _host.Remove(Pattern, "/s");
        _host.Put(Pattern, "/s", File1);
        _host.Settle();
        Assert.Equal(File1, Only().Actual?.Identity);
    }

    [Fact]
    public void WhatIsMountedStaysUntilTheSourcesWereLookedAt()
    {
        HostState state = _host.State;
        Plan plan = new();
        state.Advance(new HostEvent.ConfigurationChanged(Rules()), plan);
        Attachment left = new("/s", "/s", File1, MountOptions.Default, 7, []);
        ContainerId id = new("test", "c");
        state.Advance(new HostEvent.ContainerStarted(new ContainerDescription { Id = id, Name = "c", ProcessId = 1 }, null), plan);
        plan.Clear();
        state.Advance(new HostEvent.ContainerReady(id, 1, [left], GivenDevices.None), plan);
        Assert.Empty(plan.Steps);
        state.Advance(new HostEvent.PathAppeared(Pattern, "/s", File1), plan);
        state.Advance(new HostEvent.PatternScanned(Pattern), plan);
        Assert.Empty(plan.Steps);
        state.Advance(new HostEvent.PathVanished(Pattern, "/s"), plan);
        Assert.IsType<Step.Detach>(Assert.Single(plan.Steps).Step);
    }

    [Fact]
    public void AnOrphanOfAnEarlierServerIsDetachedOnceTheSourcesWereLookedAt()
    {
        Configure();
        _host.Start("c", 1, new Attachment("/old", "/old", File1, MountOptions.Default, 7, []));
        _host.Settle();
        Assert.Empty(_host.MountsOf(new ContainerId("test", "c")));
    }

    [Fact]
    public void ResultsOfAnEarlierRunAreIgnored()
    {
        Configure();
        _host.Put(Pattern, "/s", File1);
        _host.Start("c", 1);
        _host.CarryOutOne(0);
        Step step = new Step.Attach("/s", new Desired("/s", File1, MountOptions.Default));
        _host.Start("c", 2);
        _host.Send(new HostEvent.StepSucceeded(new ContainerId("test", "c"), 1, step, new Attachment("/s", "/s", File1, MountOptions.Default, 9, []), TimeSpan.Zero));
        Assert.Null(Only().Actual);
    }

    [Fact]
    public void AReplacedFileIsReplacedNotTakenAway()
    {
        Configure();
        _host.Put(Pattern, "/s", File1);
        _host.Start("c", 1);
        _host.Settle();
        _host.Changes.Clear();
        _host.Put(Pattern, "/s", File2);
        _host.Settle();
        Assert.Equal([ChangeKind.Replaced], _host.Changes.Select(change => change.Kind));
    }

    [Fact]
    public void AStrategyThatCameWhileAStepFailedForWantOfItIsTried()
    {
        ContainerRules rules = Assert.Single(Rules()) with { Strategy = "late" };
        _host.Send(new HostEvent.ConfigurationChanged([rules]));
        _host.Start("c", 1);
        _host.Settle();
        _host.Put(Pattern, "/s", File1);
        _host.Send(new HostEvent.StrategiesChanged());
        _host.CarryOutOne(0, fail: true);
        _host.Settle();
        Assert.Equal(File1, Only().Actual?.Identity);
    }

    /// <summary>After a restart of the server, the container that claims a device may be the last to be looked at: nobody else gets it meanwhile.</summary>
    [Fact]
    public void AClaimedDeviceStaysWhereItIsThoughAnotherContainerIsReadyFirst()
    {
        HostState state = new();
        Plan plan = new();
        DeviceNode node = new("/d", new FileIdentity(1, 7, FileKind.CharacterDevice));
        Device device = new() { Path = "/devices/d", Subsystem = "s", Node = node };
        UdevFilter filter = new(new DeviceCondition { Subsystem = "s" }, new DeviceAdmission { Exclusive = true });
        state.Advance(new HostEvent.ConfigurationChanged([new ContainerRules(new ContainerKey("*"), [], new UdevRules(true, [filter]), null)]), plan);
        state.Advance(new HostEvent.DevicesListed([device]), plan);
        foreach (string name in (string[])["first", "holder"])
        {
            state.Advance(new HostEvent.ContainerStarted(new ContainerDescription { Id = new ContainerId("t", name), Name = name, ProcessId = 1 }, null), plan);
        }

        state.Advance(new HostEvent.ContainerReady(new ContainerId("t", "first"), 1, [], GivenDevices.None), plan);
        Attachment there = new("/d", "/d", node.Identity, MountOptions.Default, 5, []);
        state.Advance(new HostEvent.ContainerReady(new ContainerId("t", "holder"), 2, [there], new GivenDevices([new KnownDevice(device, filter.Admission)], null)), plan);
        Assert.DoesNotContain(plan.Steps, planned => planned is { Container.Value: "first", Step: not Step.Open } or { Step: Step.Detach });

        // Once it ends, the other has its turn.
        state.Advance(new HostEvent.ContainerStopped(new ContainerId("t", "holder"), null), plan);
        Assert.Equal("/d", Assert.IsType<Step.Attach>(Assert.Single(plan.Steps, planned => planned is { Container.Value: "first", Step: Step.OnTarget }).Step).Target);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ADeviceThatWasGivenOtherwiseGoesAndComesUnlessNobodyKnowsHow(bool known)
    {
        DeviceAdmission silent = new() { Events = false };
        Plan plan = Recognised(silent, new KnownDevice(Given, known ? DeviceAdmission.Whole : null), "/d");
        Assert.Equal(known, plan.Steps.Any(planned => planned.Step is Step.OnDevice { Turn.Kind: DeviceTurnKind.Go }));
    }

    /// <summary>While no server ran, a device was plugged in anew: it has the same node, and another place in sysfs, as those of input have each time.</summary>
    [Fact]
    public void ADeviceThatHasTheNodeOfOneThatIsGoneKeepsIt()
    {
        HostState state = new();
        Plan plan = new();
        ContainerId id = new("t", "c");
        Device anew = Given with { Path = "/devices/e", Incarnation = "2" };
        UdevFilter filter = new(new DeviceCondition { Subsystem = "s" }, DeviceAdmission.Whole);
        state.Advance(new HostEvent.ConfigurationChanged([new ContainerRules(new ContainerKey("*"), [], new UdevRules(true, [filter]), null)]), plan);
        state.Advance(new HostEvent.DevicesListed([anew]), plan);
        state.Advance(new HostEvent.ContainerStarted(new ContainerDescription { Id = id, Name = "c", ProcessId = 1 }, null), plan);
        Attachment there = new("/d", "/d", Given.Node!.Identity, new MountOptions { Recursive = false }, 5, []);
        state.Advance(new HostEvent.ContainerReady(id, 1, [there], new GivenDevices([new KnownDevice(Given, DeviceAdmission.Whole)], null)), plan);
        Assert.DoesNotContain(plan.Steps, planned => planned.Step is Step.Detach);
        Assert.Equal(
            [(DeviceTurnKind.Go, "/devices/d"), (DeviceTurnKind.Come, "/devices/e")],
            plan.Steps.Select(planned => planned.Step).OfType<Step.OnDevice>().Select(step => (step.Turn.Kind, step.Turn.Device.Path)));
        Assert.Equal("/d", Assert.Single(state.Containers).At("/d").Chosen?.Source);
    }

    /// <summary>A server was killed as it replaced the node: what is there is ours, but nobody knows how it was made.</summary>
    [Fact]
    public void ARecognisedNodeOfUnknownMakeIsReplaced()
    {
        Plan plan = Recognised(DeviceAdmission.Whole, new KnownDevice(Given, DeviceAdmission.Whole), source: "");
        Assert.Equal("/d", Assert.Single(plan.Steps.Select(planned => planned.Step).OfType<Step.Replace>()).Desired.Source);
    }

    /// <summary>Nobody was there who could tell the container; then a client comes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OfWhatAContainerHasNotHeardItIsToldAgain(bool heard)
    {
        HostState state = new();
        Plan plan = new();
        Device device = new() { Path = "/devices/d", Subsystem = "s" };
        UdevFilter filter = new(new DeviceCondition { Subsystem = "s" }, DeviceAdmission.Whole);
        ContainerId id = new("t", "c");
        state.Advance(new HostEvent.ConfigurationChanged([new ContainerRules(new ContainerKey("*"), [], new UdevRules(true, [filter]), null)]), plan);
        state.Advance(new HostEvent.DevicesListed([device]), plan);
        state.Advance(new HostEvent.ContainerStarted(new ContainerDescription { Id = id, Name = "c", ProcessId = 1 }, null), plan);
        state.Advance(new HostEvent.ContainerReady(id, 1, [], GivenDevices.None), plan);
        Step.OnDevice told = Assert.Single(plan.Steps.Select(planned => planned.Step).OfType<Step.OnDevice>());
        PartOutcome events = heard ? new PartOutcome("sent") : PartOutcome.Failed("nobody is there");
        state.Advance(new HostEvent.DeviceStepDone(id, 1, told, new DeviceOutcome(default, default, events), TimeSpan.Zero), plan);
        plan.Clear();
        state.Advance(new HostEvent.StrategiesChanged(), plan);
        Assert.Equal(heard ? [] : [DeviceTurnKind.Come], plan.Steps.Select(planned => planned.Step).OfType<Step.OnDevice>().Select(step => step.Turn.Kind));
    }

    private static Device Given { get; } = new() { Path = "/devices/d", Subsystem = "s", Node = new DeviceNode("/d", new FileIdentity(1, 7, FileKind.CharacterDevice)) };

    /// <summary>What a server plans that begins with a container that has a device from an earlier one.</summary>
    private static Plan Recognised(DeviceAdmission ofRule, KnownDevice given, string source)
    {
        HostState state = new();
        Plan plan = new();
        UdevFilter filter = new(new DeviceCondition { Subsystem = "s" }, ofRule);
        state.Advance(new HostEvent.ConfigurationChanged([new ContainerRules(new ContainerKey("*"), [], new UdevRules(true, [filter]), null)]), plan);
        state.Advance(new HostEvent.DevicesListed([Given]), plan);
        state.Advance(new HostEvent.ContainerStarted(new ContainerDescription { Id = new ContainerId("t", "c"), Name = "c", ProcessId = 1 }, null), plan);
        Attachment there = new("/d", source, Given.Node!.Identity, new MountOptions { Recursive = false }, 5, []);
        state.Advance(new HostEvent.ContainerReady(new ContainerId("t", "c"), 1, [there], new GivenDevices([given], null)), plan);
        return plan;
    }

    [Fact]
    public void WhatIsUnmountedInsideIsMountedAgain()
    {
        Configure();
        _host.Put(Pattern, "/s", File1);
        _host.Start("c", 1);
        _host.Settle();
        ulong before = Only().Actual!.MountId;
        _host.Disturb("c", 0, ForeignChangeKind.Unmounted);
        _host.Settle();
        Assert.NotEqual(before, Only().Actual!.MountId);
        Assert.Null(Only().Lost);
        Assert.Equal("somebody in the container has unmounted it; it is mounted again", Assert.Single(_host.Changes, change => change.Kind == ChangeKind.ForeignChange).Detail);
    }

    [Fact]
    public void WhatIsUnmountedInsideIsLeftSoUntilTheSourceIsAnotherWhereThatIsAskedFor()
    {
        _host.Send(new HostEvent.ConfigurationChanged([.. Rules().Select(rules => rules with { OnForeignChange = ForeignChangePolicy.Report })]));
        _host.Put(Pattern, "/s", File1);
        _host.Start("c", 1);
        _host.Settle();
        _host.Disturb("c", 0, ForeignChangeKind.Moved);
        _host.Settle();
        Assert.Null(Only().Actual);
        Assert.StartsWith("somebody in the container has moved it to ", Only().Failure!.Reason, StringComparison.Ordinal);
        _host.Put(Pattern, "/s", File2);
        _host.Settle();
        Assert.Equal(File2, Only().Actual?.Identity);
    }

    [Fact]
    public void WhatIsCoveredIsSaidAndLeft()
    {
        Configure();
        _host.Put(Pattern, "/s", File1);
        _host.Start("c", 1);
        _host.Settle();
        _host.Disturb("c", 0, ForeignChangeKind.Covered);
        Assert.False(_host.HasSteps);
        ContainerState container = Assert.Single(_host.State.Containers);
        Assert.Equal(("attached", Attachment.CoveredReason), (StatusReport.Of(container, Only()).State, StatusReport.Of(container, Only()).Reason));
        _host.Disturb("c", 0, ForeignChangeKind.WellAgain);
        Assert.Null(StatusReport.Of(container, Only()).Reason);
    }

    private BindingState Only() => Assert.Single(Assert.Single(_host.State.Containers).Bindings);

    private void Configure() => _host.Send(new HostEvent.ConfigurationChanged(Rules()));

    private static System.Collections.Immutable.ImmutableArray<ContainerRules> Rules() =>
    [
        new ContainerRules(
            new ContainerKey("c"),
            [new PathRule(Pattern, new TargetMapping.Absolute(), MountOptions.Default, Optional: false, "_automount")],
            new UdevRules(false, []),
            null),
    ];
}
