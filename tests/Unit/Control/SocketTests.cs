using System.Net.Sockets;
using ContainerManager.Host.Control;

namespace ContainerManager.Tests.Control;

public sealed class SocketTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("socket-");

    private string Place => Path.Combine(_directory.FullName, "run", "control.sock");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task SocketIsItsOwnersAlone()
    {
        await using ControlServer server = await StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Place));
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(Path.GetDirectoryName(Place)!));
    }

    [Fact]
    public async Task NothingElseIsLeftBesideIt()
    {
        ControlServer server = await StartAsync();
        Assert.Equal(["control.sock", "control.sock.lock"], Entries());
        await server.DisposeAsync();
        Assert.Equal(["control.sock.lock"], Entries());
    }

    [Fact]
    public async Task SocketOfADeadServerIsReplaced()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Place)!);
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(Place));
            File.Move(Place, Place + ".kept"); // Or closing it would remove it.
        }

        File.Move(Place + ".kept", Place);
        await using ControlServer server = await StartAsync();
        await AssertServesAsync();
    }

    [Fact]
    public async Task LivingServerIsLeftAlone()
    {
        await using ControlServer first = await StartAsync();
        ControlSocketException refusal = await Assert.ThrowsAsync<ControlSocketException>(StartAsync);
        Assert.Contains("running already", refusal.Message, StringComparison.Ordinal);
        await AssertServesAsync();
    }

    [Fact]
    public async Task LivingServerThatHoldsNoLockIsLeftAloneToo()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Place)!);
        using Socket other = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(Place));
        other.Listen();
        ControlSocketException refusal = await Assert.ThrowsAsync<ControlSocketException>(StartAsync);
        Assert.Contains("running already", refusal.Message, StringComparison.Ordinal);
        Assert.True(Path.Exists(Place));
    }

    [Fact]
    public async Task LivingServerThatIsTooBusyToAnswerIsLeftAloneToo()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Place)!);
        using Socket other = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(Place));
        other.Listen(0);
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(Place), TestContext.Current.CancellationToken);
        ControlSocketException refusal = await Assert.ThrowsAsync<ControlSocketException>(StartAsync);
        Assert.Contains("running already", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OfManyThatStartAtOnceOneServes()
    {
        Task<ControlServer?>[] starts = [.. Enumerable.Range(0, 16).Select(_ => Task.Run(TryStartAsync))];
        ControlServer?[] servers = await Task.WhenAll(starts);
        await using ControlServer only = Assert.Single(servers.OfType<ControlServer>());
        await AssertServesAsync();
    }

    [Fact]
    public async Task AFileInItsPlaceIsNotTouched()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Place)!);
        await File.WriteAllTextAsync(Place, "mine", TestContext.Current.CancellationToken);
        ControlSocketException refusal = await Assert.ThrowsAsync<ControlSocketException>(StartAsync);
        Assert.Contains("is not a socket", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(Place, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AnothersSocketIsNotRemovedOnExit()
    {
        ControlServer server = await StartAsync();
        File.Delete(Place);
        await File.WriteAllTextAsync(Place, "another's", TestContext.Current.CancellationToken);
        await server.DisposeAsync();
        Assert.True(File.Exists(Place));
    }

    [Theory]
    [InlineData("relative.sock")]
    [InlineData("/proc/no/such/place.sock")]
    public async Task ImpossiblePlaceIsExplained(string place)
    {
        ControlSocketException refusal = await Assert.ThrowsAsync<ControlSocketException>(
            () => FakeEngine.ServeAsync(new FakeEngine(), place, TestContext.Current.CancellationToken));
        Assert.Contains(place, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TooLongPlaceIsExplained()
    {
        string place = Path.Combine(_directory.FullName, new string('a', 100), "s");
        ControlSocketException refusal = await Assert.ThrowsAsync<ControlSocketException>(
            () => FakeEngine.ServeAsync(new FakeEngine(), place, TestContext.Current.CancellationToken));
        Assert.Contains(place, refusal.Message, StringComparison.Ordinal);
    }

    private Task<ControlServer> StartAsync() => FakeEngine.ServeAsync(new FakeEngine(), Place, TestContext.Current.CancellationToken);

    private async Task<ControlServer?> TryStartAsync()
    {
        try
        {
            return await StartAsync();
        }
        catch (ControlSocketException)
        {
            return null;
        }
    }

    private async Task AssertServesAsync()
    {
        using HttpClient client = ServedEngine.Client(Place);
        Assert.Contains("9.8.7", await client.GetStringAsync("/v1/version", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private IEnumerable<string?> Entries() =>
        Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Place)!).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
