using System.Net.Sockets;
using ContainerManager.Protocol;

namespace ContainerManager.Tests.Integration.Cli;

public sealed class NoServerTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cli-");

    private string Place => Path.Combine(_directory.FullName, "s");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("status")]
    [InlineData("bind /a")]
    [InlineData("unbind /a")]
    [InlineData("spawn x -- true")]
    [InlineData("stop x")]
    [InlineData("devices")]
    [InlineData("why ttyS0 x")]
    [InlineData("events")]
    [InlineData("events --follow")]
    public async Task EachVerbSaysThatItIsNotRunningAndHowToStartIt(string line)
    {
        Ran ran = await ContainerUtil.RunAsync(Place, line.Split(' '));
        Assert.Equal((3, ""), (ran.ExitCode, ran.Output));
        Assert.Contains($"the server is not running: there is no {Place}", ran.Error, StringComparison.Ordinal);
        Assert.Contains("start it as root: server", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LeftOverSocketIsNotAServer()
    {
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(Place + "1"));
            File.Move(Place + "1", Place);
        }

        Ran ran = await ContainerUtil.RunAsync(Place, "status");
        Assert.Equal(3, ran.ExitCode);
        Assert.Contains($"nobody answers at {Place}", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OptionGoesBeforeTheVariable()
    {
        Ran ran = await ContainerUtil.RunInAsync(_directory.FullName, "/from/variable", "--socket", "other", "status", "--json");
        Assert.Contains($"there is no {_directory.FullName}/other", ran.Error, StringComparison.Ordinal);
        Assert.StartsWith("""{"error":""", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoeverAnswersNonsenseIsNoServer()
    {
        using Socket odd = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        odd.Bind(new UnixDomainSocketEndPoint(Place));
        odd.Listen();
        Task<Ran> running = ContainerUtil.RunAsync(Place, "status");
        using (Socket client = await odd.AcceptAsync(TestContext.Current.CancellationToken))
        {
            await client.ReceiveAsync(new byte[4096], TestContext.Current.CancellationToken);
            await client.SendAsync("hello\n"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        Ran ran = await running;
        Assert.Equal((1, ""), (ran.ExitCode, ran.Output));
        Assert.Contains("makes no sense", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerWithAFullQueueIsWaitedFor()
    {
        using Socket busy = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        busy.Bind(new UnixDomainSocketEndPoint(Place));
        busy.Listen(0);
        using Socket first = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await first.ConnectAsync(new UnixDomainSocketEndPoint(Place), TestContext.Current.CancellationToken);
        Task<Ran> running = ContainerUtil.RunAsync(Place, "events");

        // It does not give up.
        await Assert.ThrowsAsync<TimeoutException>(() => running.WaitAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
        using (await busy.AcceptAsync(TestContext.Current.CancellationToken))
        using (Socket client = await busy.AcceptAsync(TestContext.Current.CancellationToken))
        {
            await client.ReceiveAsync(new byte[4096], TestContext.Current.CancellationToken);
            await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        Assert.Equal(new Ran(0, "", ""), await running);
    }

    [Theory]
    [InlineData("", "container-util status")]
    [InlineData("status", "container-util status web --check")]
    [InlineData("bind", "container-util -c web bind ./site --to /var/www --read-only")]
    [InlineData("unbind", "container-util -c web unbind /var/www")]
    [InlineData("spawn", "container-util spawn box --host-usr -- sleep infinity")]
    [InlineData("stop", "container-util stop box")]
    [InlineData("devices", "container-util devices games")]
    [InlineData("why", "container-util why /dev/ttyUSB0 homeassistant")]
    [InlineData("events", "container-util events --follow")]
    public async Task HelpHasExamplesAndExitCodes(string verb, string example)
    {
        Ran ran = await ContainerUtil.RunAsync(Place, [.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Contains($"Examples:\n  container-util", ran.Output, StringComparison.Ordinal);
        Assert.Contains(example, ran.Output, StringComparison.Ordinal);
        Assert.Contains("  3  the server is not running\n", ran.Output, StringComparison.Ordinal);
        Assert.Contains(ControlAddress.SocketVariable, ran.Output, StringComparison.Ordinal);
    }
}
