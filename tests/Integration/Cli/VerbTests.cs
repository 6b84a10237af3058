using System.Collections.Immutable;
using System.Text.Json;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;

namespace ContainerManager.Tests.Integration.Cli;

public sealed class VerbTests : IAsyncLifetime
{
    private ServedEngine _served = null!;

    public async ValueTask InitializeAsync() => _served = await ServedEngine.StartAsync();

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task StatusIsReadable()
    {
        Ran ran = await RunAsync("status");
        const string Expected = """
            server 9.8.7, configuration /etc/container-manager.conf
            runtime docker listening

            web running (docker, pid 4711)
              attached  /srv/a → /srv/a
              waiting   /dev/x → /dev/y (read-only): for /dev/x

            """;
        Assert.Equal(new Ran(0, Expected, ""), ran);
    }

    [Fact]
    public async Task StatusOfOneContainer()
    {
        Ran ran = await RunAsync("status", "docker:web");
        Assert.StartsWith("web running (docker, pid 4711)\n", ran.Output, StringComparison.Ordinal);
        Ran unknown = await RunAsync("status", "nobody");
        Assert.Equal((1, ""), (unknown.ExitCode, unknown.Output));
        Assert.Contains("no container is called 'nobody'", unknown.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("attached", 0)]
    [InlineData("waiting", 4)]
    [InlineData("pending", 4)]
    [InlineData("failed", 1)]
    public async Task StatusCheckSaysItByItsExitCode(string state, int expected)
    {
        ImmutableArray<BindingStatus> bindings = [FakeEngine.Attached, FakeEngine.Attached with { State = state }];
        _served.Engine.Status = _served.Engine.Status with { Containers = [_served.Engine.Status.Containers[0] with { Bindings = bindings }] };
        Assert.Equal(0, (await RunAsync("status")).ExitCode);
        Assert.Equal(expected, (await RunAsync("status", "--check")).ExitCode);
        Assert.Equal(expected, (await RunAsync("status", "web", "--check", "--json")).ExitCode);
    }

    [Fact]
    public async Task FailureOutweighsWaiting()
    {
        ImmutableArray<BindingStatus> bindings = [FakeEngine.Waiting, FakeEngine.Failed];
        _served.Engine.Status = _served.Engine.Status with { Containers = [_served.Engine.Status.Containers[0] with { Bindings = bindings }] };
        Assert.Equal(1, (await RunAsync("status", "--check")).ExitCode);
    }

    [Fact]
    public async Task StatusAsJsonIsTheServersReply()
    {
        Ran ran = await RunAsync("--json", "status");
        StatusReply reply = JsonSerializer.Deserialize(ran.Output, ControlJson.Default.StatusReply)!;
        Assert.Equal(_served.Engine.Status.Containers[0].Bindings, reply.Containers[0].Bindings);
        Assert.Equal(1, ran.Output.Count(static c => c == '\n'));
    }

    [Fact]
    public async Task BindSendsWhatWasTyped()
    {
        Ran ran = await RunAsync("-c", "web", "bind", "/srv/x", "--to", "/y", "--read-only");
        Assert.Equal(new Ran(0, "web: /srv/x → /y attached\n", ""), ran);
        Assert.Equal(["bind web /srv/x /y True"], _served.Engine.Calls);
    }

    [Fact]
    public async Task RelativePathIsSeenFromTheWorkingDirectory()
    {
        await ContainerUtil.RunInAsync("/usr/lib", _served.Socket, "bind", "../share/./doc/", "-c", "web");
        await ContainerUtil.RunInAsync("/usr", _served.Socket, "unbind", "lib", "--container", "web");
        Assert.Equal(["bind web /usr/share/doc - False", "unbind web /usr/lib"], _served.Engine.Calls);
    }

    [Fact]
    public async Task BindOfWhatIsNotThereYetSucceedsAndSaysSo() =>
        Assert.Equal(new Ran(0, "web: /not/there → /not/there waiting: for /not/there\n", ""), await RunAsync("-c", "web", "bind", "/not/there"));

    [Fact]
    public async Task FailedBindFails()
    {
        Ran ran = await RunAsync("-c", "web", "bind", "/bad");
        Assert.Equal(new Ran(1, "", "container-util: web: /bad → /bad failed: the root is read-only: make /b in the image\n"), ran);
        Ran json = await RunAsync("-c", "web", "bind", "/bad", "--json");
        Assert.Equal(1, json.ExitCode);
        Assert.Equal("failed", JsonSerializer.Deserialize(json.Output, ControlJson.Default.BindingStatus)!.State);
    }

    [Fact]
    public async Task RefusalIsShownWithItsHint()
    {
        Ran ran = await RunAsync("-c", "web", "bind", "/taken");
        Assert.Equal(new Ran(1, "", "container-util: /taken is taken\n  unbind it first\n"), ran);
        Ran json = await RunAsync("-c", "web", "bind", "/taken", "--json");
        Assert.Equal(new ErrorReply("/taken is taken", "unbind it first"), JsonSerializer.Deserialize(json.Error, ControlJson.Default.ErrorReply));
    }

    [Fact]
    public async Task ContainerIsCalledDefaultUnlessNamed()
    {
        Ran ran = await RunAsync("bind", "/a");
        Assert.Contains("no container is called 'default'", ran.Error, StringComparison.Ordinal);
        Assert.Equal(1, ran.ExitCode);
    }

    [Fact]
    public async Task UnbindSaysWhatItDid()
    {
        Assert.Equal(new Ran(0, "web: /a b detached\n", ""), await RunAsync("-c", "web", "unbind", "/a b"));
        Ran json = await RunAsync("-c", "web", "unbind", "/a b", "--json");
        Assert.Equal("""{"container":"web","path":"/a b","state":"detached"}""" + "\n", json.Output);
    }

    [Fact]
    public async Task SpawnSendsTheCommandAsItIs()
    {
        Ran ran = await RunAsync("spawn", "box", "--root", "/srv/r", "--net", "host", "--user-namespace", "--", "sh", "-c", "echo $1", "@x", "--json");
        Assert.Equal(new Ran(0, "box running (namespaces, pid 77)\n  no bindings\n", ""), ran);
        await RunAsync("spawn", "box", "--host-usr", "--", "true");
        Assert.Equal(["spawn box sh|-c|echo $1|@x|--json /srv/r True True", "spawn box true - False False"], _served.Engine.Calls);
    }

    [Fact]
    public async Task StopNamesTheContainer()
    {
        Assert.Equal(new Ran(0, "web stopped\n", ""), await RunAsync("stop", "web"));
        Assert.Equal(1, (await RunAsync("stop", "box")).ExitCode);
        Assert.Equal(["stop web", "stop box"], _served.Engine.Calls);
    }

    [Theory]
    [InlineData("")]
    [InlineData("fly")]
    [InlineData("bind")]
    [InlineData("bind /a /b")]
    [InlineData("bind /a --to b")]
    [InlineData("-c ../x bind /a")]
    [InlineData("spawn box")]
    [InlineData("spawn box --net both -- true")]
    [InlineData("spawn box --root /r --host-usr -- true")]
    [InlineData("stop")]
    [InlineData("status --unknown")]
    [InlineData("bind --unknown")]
    [InlineData("spawn box --unknown -- true")]
    public async Task WrongUsageIsTwoAndAsksNothingOfTheServer(string line)
    {
        Ran ran = await RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.StartsWith("container-util: ", ran.Error, StringComparison.Ordinal);
        Assert.Empty(_served.Engine.Calls);
    }

    private Task<Ran> RunAsync(params string[] words) => ContainerUtil.RunAsync(_served.Socket, words);
}
