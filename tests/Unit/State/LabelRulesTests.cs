using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Paths;
using ContainerManager.Host.State;
using ContainerManager.Tests.Unit.Configuration;

namespace ContainerManager.Tests.Unit.State;

/// <summary>What a container's labels come to: never more than the setting names.</summary>
public sealed class LabelRulesTests
{
    private static readonly Preset s_preset = new(
        "pads",
        "",
        [new PathRule(new PathPattern("/p", EntriesOfDirectory: false), new TargetMapping.Absolute(), MountOptions.Default, Optional: false, "_automount")],
        [new UdevFilter(new DeviceCondition { Subsystem = "hidraw" }, DeviceAdmission.Whole)],
        ["PADS=1"],
        "{}");

    private static readonly LabelPolicy s_policy = new(
        [new PathPattern("/srv/shared/*", EntriesOfDirectory: false), new PathPattern("/run/user/*/wayland-*", EntriesOfDirectory: false)], [s_preset], "policy");

    [Theory]
    [InlineData("/srv/shared/a", "/srv/shared/a -> /srv/shared/a")]
    [InlineData("/srv/shared/a:ro", "/srv/shared/a -> /srv/shared/a readOnly")]
    [InlineData("/srv/shared/a:/a", "/srv/shared/a -> /a")]
    [InlineData(" /srv/shared/a:/a:ro , /srv//./shared/b/:/b/c/ ,", "/srv/shared/a -> /a readOnly|/srv/shared/b -> /b/c")]
    [InlineData("""["/srv/shared/a,b:/a", "/srv/shared/c"]""", "/srv/shared/a,b -> /a|/srv/shared/c -> /srv/shared/c")]
    [InlineData("/run/user/1000/wayland-0", "/run/user/1000/wayland-0 -> /run/user/1000/wayland-0")]
    [InlineData("/run/user/*/wayland-*", "/run/user/*/wayland-* -> Absolute { }")]
    [InlineData("", "")]
    [InlineData("[]", "")]
    public void What_the_setting_names_is_given(string label, string expected)
    {
        LabelRules rules = Of((LabelRules.Automount, label));
        Assert.Empty(rules.Refused);
        Assert.Equal(expected, string.Join('|', (rules.Rules?.Paths ?? []).Select(rule => RuleText.Of(rule)[(LabelRules.Automount.Length + 2)..])));
        Assert.All(rules.Rules?.Paths ?? [], rule => Assert.True(rule.Source.RefusesLinks && rule.Source.IsLiteral != rule.Source.HasWildcard));
    }

    [Theory]
    [InlineData("/etc/shadow", "add it to settings.labels.paths")]
    [InlineData("/srv/shared", "add it to settings.labels.paths")]
    [InlineData("/", "add it to settings.labels.paths")]
    [InlineData("/srv/shared/a/b", "add it to settings.labels.paths")]
    [InlineData("/srv/shared/.hidden", "add it to settings.labels.paths")]
    [InlineData("/srv/sharedx/a", "add it to settings.labels.paths")]
    [InlineData("/srv/shared/../../etc/shadow", "without \"..\"")]
    [InlineData("/srv/shared/..", "without \"..\"")]
    [InlineData("/srv/shared/a/..", "without \"..\"")]
    [InlineData("/srv/shared/a:/a/../b", "without \"..\"")]
    [InlineData("srv/shared/a", "an absolute path")]
    [InlineData("~/a", "an absolute path")]
    [InlineData(":/a", "an absolute path")]
    [InlineData("/srv/shared/a:b", "an absolute path")]
    [InlineData("/srv/shared/a:rw", "an absolute path")]
    [InlineData("/srv/shared/a:/a:rw", "expected SOURCE")]
    [InlineData("/srv/shared/a:/a:/b:ro", "expected SOURCE")]
    [InlineData("/srv/shared/[ab]", "wildcards count only")]
    [InlineData("/srv/*/a", "wildcards count only")]
    [InlineData("/*", "wildcards count only")]
    [InlineData("/run/user/*/wayland-0", "wildcards count only")]
    [InlineData("/srv/shared/a:/*", "a target has no wildcards")]
    [InlineData("/srv/shared/a:/", "nothing can be mounted there")]
    [InlineData("/srv/shared/a:/dev/.container-manager/client", "nothing can be mounted there")]
    [InlineData("/srv/shared/a\nforged: line", "control characters")]
    [InlineData("/srv/shared/\0", "control characters")]
    [InlineData("""["/srv/shared/a" """, "a JSON array")]
    [InlineData("""[1]""", "a JSON array")]
    [InlineData("""["\ud800"]""", "a JSON array")]
    [InlineData("""{ "/srv/shared/a": "Absolute" }""", null)]
    public void What_the_setting_does_not_name_is_refused_and_the_rest_goes_on(string label, string? reason)
    {
        LabelRules rules = Of((LabelRules.Automount, label), (LabelRules.Use, "pads"));
        RefusedLabel[] refused = [.. rules.Refused];
        Assert.NotEmpty(refused);
        Assert.All(refused, one => Assert.Equal(LabelRules.Automount, one.Label));
        Assert.Contains(reason ?? "", refused[0].Reason, StringComparison.Ordinal);
        Assert.All(refused, one => Assert.DoesNotContain(one.Asked + one.Target + one.Reason, char.IsControl));
        Assert.Equal(["/p"], rules.Rules!.Paths.Select(rule => rule.Source.Text));
    }

    [Fact]
    public void A_preset_brings_all_that_it_has_and_others_are_refused()
    {
        LabelRules rules = Of((LabelRules.Use, "pads, x11,pads"));
        Assert.Equal(("x11", LabelRules.Use), rules.Refused.Select(one => (one.Asked, one.Label)).Single());
        Assert.Contains("(pads)", rules.Refused[0].Reason, StringComparison.Ordinal);
        Assert.Equal(LabelRules.Use, Assert.Single(rules.Rules!.Paths).Origin);
        Assert.True(rules.Rules.Udev.Enabled);
        Assert.Single(rules.Rules.Udev.Filters);
        Assert.Equal(["PADS=1"], rules.Rules.Environment);
    }

    [Fact]
    public void A_misspelled_label_is_said()
    {
        LabelRules rules = Of(("container-manager.automont", "/srv/shared/a"), ("com.example", "/x"));
        Assert.Null(rules.Rules);
        Assert.Contains("did you mean container-manager.automount?", Assert.Single(rules.Refused).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000u, "user 1000's")]
    [InlineData(null, "not known whose")]
    public void Labels_of_others_than_root_count_for_nothing(uint? owner, string reason)
    {
        LabelRules rules = LabelRules.Of(Container(owner, (LabelRules.Automount, "/srv/shared/a"), (LabelRules.Use, "pads")), s_policy);
        Assert.Null(rules.Rules);
        Assert.Equal(2, rules.Refused.Length);
        Assert.All(rules.Refused, one => Assert.Contains(reason, one.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_the_setting_nothing_is_looked_at() =>
        Assert.Equal(LabelRules.None, LabelRules.Of(Container(0, (LabelRules.Automount, "/etc/shadow"), ("container-manager.x", "")), null));

    [Fact]
    public void Who_asks_for_very_much_gets_nothing_of_it()
    {
        LabelRules many = Of((LabelRules.Automount, string.Join(',', Enumerable.Range(0, 65).Select(i => $"/srv/shared/{i}"))));
        Assert.Equal((null, 1), (many.Rules, many.Refused.Length));
        LabelRules huge = Of((LabelRules.Use, new string(',', 1 << 20)));
        Assert.Contains("longer than", Assert.Single(huge.Refused).Reason, StringComparison.Ordinal);
        Assert.Contains("before", Assert.Single(Of((LabelRules.Automount, "/srv/shared/a:/t,/srv/shared/b:/t")).Refused).Reason, StringComparison.Ordinal);
    }

    /// <summary>They live as long as the container and the setting.</summary>
    [Fact]
    public void Rules_of_labels_come_and_go_with_the_container_and_the_setting()
    {
        HostState state = new();
        ContainerDescription container = Container(0, (LabelRules.Automount, "/srv/shared/a:/a,/etc/shadow"));
        PathPattern pattern = new("/srv/shared/a", EntriesOfDirectory: false, IsLiteral: true, RefusesLinks: true);
        Assert.Empty(Advance(state, new HostEvent.ContainerStarted(container, null)).Watch);
        Assert.Empty(StatusReport.Of(state).Single().Bindings);

        Plan plan = Advance(state, new HostEvent.ConfigurationChanged([], s_policy));
        Assert.Equal([pattern], plan.Watch);
        Assert.Equal(ChangeKind.Failed, Assert.Single(plan.Changes).Kind);
        Assert.Equal(
            [("/a", "waiting"), ("/etc/shadow", "failed")],
            StatusReport.Of(state).Single().Bindings.Select(binding => (binding.Target, binding.State)));

        // The same container again: what is watched stays so.
        plan = Advance(state, new HostEvent.ContainerStarted(container with { ProcessId = 2 }, null));
        Assert.Empty(plan.Watch.Concat(plan.Unwatch));
        Assert.Equal([pattern], Advance(state, new HostEvent.ContainerStopped(container.Id, null)).Unwatch);
        Assert.Equal([pattern], Advance(state, new HostEvent.ContainerStarted(container, null)).Watch);
        Assert.Equal([pattern], Advance(state, new HostEvent.ConfigurationChanged([])).Unwatch);
        Assert.Empty(StatusReport.Of(state).Single().Bindings);
    }

    /// <summary>What the configuration says comes first.</summary>
    [Fact]
    public void The_configuration_has_the_target_before_a_label()
    {
        HostState state = new();
        PathRule rule = new(new PathPattern("/own", EntriesOfDirectory: false), new TargetMapping.To("/a"), MountOptions.Default, Optional: false, "_automount");
        ContainerRules rules = new(new ContainerKey("*"), [rule], UdevRules.None, null) { Environment = ["PADS=0"] };
        Advance(state, new HostEvent.ConfigurationChanged([rules], s_policy));
        Advance(state, new HostEvent.ContainerStarted(Container(0, (LabelRules.Automount, "/srv/shared/a:/a"), (LabelRules.Use, "pads")), null));
        ContainerState container = state.Containers.Single();
        Assert.Equal(["/own", "/srv/shared/a", "/p"], container.Rules.Select(one => one.Source.Text));
        Assert.Equal(["PADS=1", "PADS=0"], container.Environment);
    }

    private static Plan Advance(HostState state, HostEvent happened)
    {
        Plan plan = new();
        state.Advance(happened, plan);
        return plan;
    }

    private static LabelRules Of(params (string Label, string Value)[] labels) => LabelRules.Of(Container(0, labels), s_policy);

    private static ContainerDescription Container(uint? owner, params (string Label, string Value)[] labels) => new()
    {
        Id = new ContainerId("test", "c"),
        Name = "c",
        ProcessId = 1,
        Owner = owner,
        Labels = labels.ToImmutableDictionary(label => label.Label, label => label.Value),
    };
}
