using System.Diagnostics;
using System.Text.Json;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;

namespace ContainerManager.Tests.Integration.Cli;

public sealed class EventsTests : IAsyncLifetime
{
    private static readonly EventRecord s_event = new(DateTimeOffset.UnixEpoch, "attached", "web", "/a", "/b", "anew");

    private ServedEngine _served = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _served = await ServedEngine.StartAsync();

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task RecentEventsAreShownAndItEnds()
    {
        Assert.Equal(new Ran(0, "", ""), await ContainerUtil.RunAsync(_served.Socket, "events"));
        _served.Engine.Publish(s_event);
        Ran ran = await ContainerUtil.RunAsync(_served.Socket, "events");
        Assert.Equal(new Ran(0, "1970-01-01 00:00:00.000 attached          web /a → /b (anew)\n", ""), ran);
    }

    [Fact]
    public async Task FollowShowsEachAtOnceAndEndsWithTheServer()
    {
        using Process process = ContainerUtil.Start("/", _served.Socket, "--json", "events", "--follow");
        try
        {
            await _served.Engine.FollowerCame.Task.WaitAsync(ServedEngine.Deadline, Token);
            for (int number = 0; number < 3; number++)
            {
                _served.Engine.Publish(s_event);
                string? line = await process.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(ServedEngine.Deadline, Token);
                Assert.Equal(s_event, JsonSerializer.Deserialize(line!, ControlJson.Default.EventRecord));
            }

            await _served.StopServerAsync();
            await process.WaitForExitAsync(Token).WaitAsync(ServedEngine.Deadline, Token);
            Assert.Equal(3, process.ExitCode);
        }
        finally
        {
            ContainerUtil.End(process);
        }
    }

    [Fact]
    public async Task FollowerWhoseReaderLeavesLeavesToo()
    {
        using Process process = ContainerUtil.Start("/", _served.Socket, "events", "--follow");
        try
        {
            await _served.Engine.FollowerCame.Task.WaitAsync(ServedEngine.Deadline, Token);
            process.StandardOutput.Close();
            _served.Engine.Publish(s_event);
            await process.WaitForExitAsync(Token).WaitAsync(ServedEngine.Deadline, Token);
            Assert.Equal(1, process.ExitCode);
        }
        finally
        {
            ContainerUtil.End(process);
        }
    }

    [Fact]
    public async Task KilledFollowerIsForgotten()
    {
        using Process process = ContainerUtil.Start("/", _served.Socket, "events", "--follow");
        await _served.Engine.FollowerCame.Task.WaitAsync(ServedEngine.Deadline, Token);
        ContainerUtil.End(process);
        await _served.Engine.FollowerLeft.Task.WaitAsync(ServedEngine.Deadline, Token);
    }
}
