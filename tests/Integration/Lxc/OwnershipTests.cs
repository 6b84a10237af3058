using System.Diagnostics;
using ContainerManager.Abstractions;
using ContainerManager.Plugins.Lxc;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;
using static ContainerManager.Tests.Integration.Lxc.DiscoveryTests;

namespace ContainerManager.Tests.Integration.Lxc;

/// <summary>Whom the plugin believes.</summary>
public sealed class OwnershipTests : IAsyncDisposable
{
    private const uint Nobody = 65534;

    /// <summary>A program for perl: listens under an abstract name, and does nothing more.</summary>
    private const string Squat = """$| = 1; socket S, AF_UNIX, SOCK_STREAM, 0; bind S, pack_sockaddr_un("\0$ARGV[0]") or die; listen S, 9; print "listening\n"; sleep""";

    private readonly LxcBed _bed = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task An_lxcpath_that_others_can_write_to_is_refused_until_they_cannot()
    {
        ContainerDescription web = await _bed.MakeAndStartAsync("web");
        await ChangeAsync("chmod", "o+w", _bed.Lxcpath);
        LxcRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        await events.NextAsync(e => e is ListComplete);
        Trouble trouble = Assert.Single(events.All.OfType<Trouble>(), e => e.Source == _bed.Lxcpath);
        Assert.Contains("refused: others than its owner can write", trouble.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(events.All, e => e is Started);
        IOException refused = await Assert.ThrowsAsync<IOException>(() => runtime.OpenAsync(web, Token).AsTask());
        Assert.Contains("refused", refused.Message, StringComparison.Ordinal);

        await ChangeAsync("chmod", "o-w", _bed.Lxcpath);

        Assert.Equal(web.ProcessId, (await NextStartedAsync(events, "web")).ProcessId);
        await events.AnyAsync(e => e is Trouble { Reason: null } over && over.Source == _bed.Lxcpath);
    }

    [Fact]
    public async Task Whoever_could_put_another_directory_in_its_place_rules_over_it()
    {
        string path = _bed["above/lxc"];
        Directory.CreateDirectory(path);
        Assert.Equal(0u, PathOwner.Of(path));

        await ChangeAsync("chmod", "o+w", _bed["above"]);
        Assert.Throws<UnauthorizedAccessException>(() => PathOwner.Of(path));
        await ChangeAsync("chmod", "+t", _bed["above"]);
        Assert.Equal(0u, PathOwner.Of(path));
        await ChangeAsync("chown", "nobody", _bed["above"]);
        Assert.Equal(Nobody, PathOwner.Of(path));
        await ChangeAsync("chown", "daemon", path);
        Assert.Throws<UnauthorizedAccessException>(() => PathOwner.Of(path));
        await ChangeAsync("chown", "root", _bed["above"], path);

        await ChangeAsync("chmod", "g+w", path);
        Assert.Equal(0u, PathOwner.Of(path));
        await ChangeAsync("chgrp", "nogroup", path);
        Assert.Throws<UnauthorizedAccessException>(() => PathOwner.Of(path));
        await ChangeAsync("chmod", "g-w", path);

        File.CreateSymbolicLink(_bed["link"], path);
        Assert.Equal(0u, PathOwner.Of(_bed["link"]));
        await ChangeAsync("chown", "--no-dereference", "nobody", _bed["link"]);
        Assert.Equal(Nobody, PathOwner.Of(_bed["link"]));
        Assert.Null(PathOwner.Of(_bed["nothing"]));
    }

    [Fact]
    public async Task A_user_s_directory_must_be_named_to_be_believed()
    {
        Directory.CreateDirectory(_bed["theirs"]);
        await ChangeAsync("chown", "nobody", _bed["theirs"]);
        Assert.Throws<UnauthorizedAccessException>(() => new FollowedPaths(_bed["theirs"], []).AccountOf(_bed["theirs"]));
        Assert.Equal(Nobody, new FollowedPaths(_bed["theirs"], [_bed["theirs"]]).AccountOf(_bed["theirs"])!.UserId);
    }

    [Fact]
    public async Task In_a_user_s_lxcpath_a_container_needs_a_user_namespace()
    {
        ContainerDescription privileged = await _bed.MakeAndStartAsync("privileged");
        ContainerDescription unprivileged = await _bed.MakeAndStartAsync("unprivileged", unprivileged: true);
        await ChangeAsync("chown", "nobody", _bed.Lxcpath);
        LxcRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        await events.NextAsync(e => e is ListComplete);

        // Made by root, and so not by the owner of the lxcpath, who could name any process of root's.
        IOException foreign = await Assert.ThrowsAsync<IOException>(() => runtime.OpenAsync(unprivileged, Token).AsTask());
        Assert.Contains("in namespaces of user 0", foreign.Message, StringComparison.Ordinal);
        IOException refused = await Assert.ThrowsAsync<IOException>(() => runtime.OpenAsync(privileged, Token).AsTask());
        Assert.Contains("no user namespace of its own", refused.Message, StringComparison.Ordinal);
        await ChangeAsync("chown", "root", _bed.Lxcpath);
    }

    /// <summary>Anyone may listen under the name that a container of root would have.</summary>
    [Fact]
    public async Task Somebody_else_who_answers_for_a_container_is_not_believed()
    {
        await _bed.MakeAsync("web");
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(_bed);
        using Process squatter = Process.Start(new ProcessStartInfo("setpriv", ["--reuid=nobody", "--clear-groups", "perl", "-MSocket", "-e", Squat, $"{_bed.Lxcpath}/web/command"])
        {
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("listening", await squatter.StandardOutput.ReadLineAsync(Token));

        // A word that anything may have changed.
        await ChangeAsync("chmod", "u+x", _bed.Lxcpath);
        Trouble trouble = (Trouble)(await events.NextAsync(e => e is Trouble)).Event;
        Assert.Equal(($"lxc:{_bed.Lxcpath}/web", $"user {Nobody} has taken its command socket"), (trouble.Source, trouble.Reason));

        squatter.Kill();
        await squatter.WaitForExitAsync(Token);
        await _bed.StartAsync("web");
        await NextStartedAsync(events, "web");
        await events.AnyAsync(e => e is Trouble { Reason: null } over && over.Source == trouble.Source);
    }

    private static async Task ChangeAsync(string program, params string[] arguments) => (await Command.RunAsync(program, arguments)).OutputOrThrow();
}
