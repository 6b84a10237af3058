using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json;
using ContainerManager.Host.Control;
using ContainerManager.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ContainerManager.Tests.Control;

public sealed class EventStreamTests : IAsyncLifetime
{
    private ServedEngine _served = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _served = await ServedEngine.StartAsync();

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task EachEventComesAtOnceAsALineOfItsOwn()
    {
        using HttpResponseMessage response = await FollowAsync();
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(Token));
        for (int number = 0; number < 10; number++)
        {
            _served.Engine.Publish(Record(number));
            Assert.Equal(Record(number), await ReadAsync(lines));
        }
    }

    [Fact]
    public async Task FollowersGetTheSame()
    {
        using HttpResponseMessage one = await FollowAsync();
        using HttpResponseMessage two = await FollowAsync();
        _served.Engine.Publish(Record(1));
        foreach (HttpResponseMessage response in new[] { one, two })
        {
            using StreamReader lines = new(await response.Content.ReadAsStreamAsync(Token));
            Assert.Equal(Record(1), await ReadAsync(lines));
        }
    }

    [Fact]
    public async Task WhoIsGoneBeforeTheAnswerLeavesNoSubscription()
    {
        DefaultHttpContext context = new();
        context.Features.Set<IHttpResponseBodyFeature>(new GoneBody());
        await Assert.ThrowsAsync<OperationCanceledException>(() => new EventStream(context.Response).FollowAsync(_served.Engine, Token));
        Assert.Equal(0, _served.Engine.Subscriptions);
    }

    [Fact]
    public async Task RecentOnesAreSentAndThatIsAll()
    {
        _served.Engine.Publish(Record(1));
        _served.Engine.Publish(Record(2));
        string text = await _served.Http.GetStringAsync("/v1/events?follow=false", Token);
        Assert.Equal([Record(1), Record(2)], text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse));
    }

    [Fact]
    public async Task OtherWordsThanTrueAndFalseAreRefused() =>
        Assert.Equal(HttpStatusCode.BadRequest, (await _served.Http.GetAsync("/v1/events?follow=perhaps", Token)).StatusCode);

    [Fact]
    public async Task SlowReaderLosesTheOldestAndIsToldHowMany()
    {
        using HttpResponseMessage response = await FollowAsync();
        const int Count = 20_000;
        for (int number = 0; number < Count; number++)
        {
            // Long enough to fill what the kernel and Kestrel hold: the reader has not begun.
            _served.Engine.Publish(Record(number) with { Detail = new string('x', 200) });
        }

        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(Token));
        int seen = 0;
        int lost = 0;
        EventRecord last;
        do
        {
            last = await ReadAsync(lines);
            if (last.Kind == "lost")
            {
                lost += int.Parse(last.Detail!.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            }
            else
            {
                Assert.True(NumberOf(last) >= seen, "events come in their order");
                seen++;
            }
        }
        while (last.Kind == "lost" || NumberOf(last) != Count - 1);

        Assert.True(lost > 0);
        Assert.Equal(Count, seen + lost);
    }

    [Fact]
    public async Task ClientThatLeavesEndsTheSubscription()
    {
        using (await FollowAsync())
        {
            await _served.Engine.FollowerCame.Task.WaitAsync(ServedEngine.Deadline, Token);
        }

        await _served.Engine.FollowerLeft.Task.WaitAsync(ServedEngine.Deadline, Token);
        Assert.Equal(0, _served.Engine.Followers);
    }

    [Fact]
    public async Task ClientThatLeavesCancelsItsRequest()
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _served.Engine.Gate = async token =>
        {
            using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        };
        using CancellationTokenSource leave = new();
        using StringContent body = new("""{"source":"/a"}""", Encoding.UTF8);
        Task<HttpResponseMessage> request = _served.Http.PostAsync("/v1/containers/web/bindings", body, leave.Token);
        await entered.Task.WaitAsync(ServedEngine.Deadline, Token);
        await leave.CancelAsync();
        await cancelled.Task.WaitAsync(ServedEngine.Deadline, Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Fact]
    public async Task OthersAreServedWhileOneFollowsAndOneHangs()
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _served.Engine.Gate = async token =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        };
        using HttpResponseMessage follower = await FollowAsync();
        using StringContent body = new("""{"source":"/a"}""", Encoding.UTF8);
        Task<HttpResponseMessage> hanging = _served.Http.PostAsync("/v1/containers/web/bindings", body, Token);
        await entered.Task.WaitAsync(ServedEngine.Deadline, Token);
        using HttpClient other = ServedEngine.Client(_served.Socket);
        Assert.Contains("9.8.7", await other.GetStringAsync("/v1/status", Token), StringComparison.Ordinal);
        Assert.False(hanging.IsCompleted);
        await _served.StopServerAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await hanging).StatusCode);
    }

    [Fact]
    public async Task ServerThatStopsEndsTheStream()
    {
        using HttpResponseMessage response = await FollowAsync();
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(Token));
        await _served.StopServerAsync().AsTask().WaitAsync(ServedEngine.Deadline, Token);
        Assert.Null(await lines.ReadLineAsync(Token));
        Assert.False(Path.Exists(_served.Socket));
    }

    [Fact]
    public void FeedRemembersABoundedNumber()
    {
        EventFeed feed = new();
        for (int number = 0; number < EventFeed.Memory + 10; number++)
        {
            feed.Publish(Record(number));
        }

        Assert.Equal(Enumerable.Range(10, EventFeed.Memory), feed.Recent().Select(NumberOf));
    }

    private Task<HttpResponseMessage> FollowAsync() =>
        _served.Http.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead, Token);

    private static async Task<EventRecord> ReadAsync(StreamReader lines) =>
        Parse(await lines.ReadLineAsync(Token).AsTask().WaitAsync(ServedEngine.Deadline, Token) ?? throw new EndOfStreamException());

    private static EventRecord Parse(string line) => JsonSerializer.Deserialize(line, ControlJson.Default.EventRecord)!;

    private static EventRecord Record(int number) =>
        new(DateTimeOffset.UnixEpoch.AddSeconds(number), "attached", "web", "/a", "/b", null);

    private static int NumberOf(EventRecord record) => (int)record.Time.ToUnixTimeSeconds();
}

/// <summary>The answer to somebody who has gone.</summary>
internal sealed class GoneBody : IHttpResponseBodyFeature
{
    public Stream Stream => Stream.Null;

    public PipeWriter Writer { get; } = PipeWriter.Create(Stream.Null);

    public Task StartAsync(CancellationToken cancellationToken = default) => throw new OperationCanceledException();

    public Task CompleteAsync() => Task.CompletedTask;

    public void DisableBuffering()
    {
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => Task.CompletedTask;
}
