using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ContainerManager.EngineApi;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Docker;

/// <summary>What an engine answers that is none, or a hostile one: an error that says so, within bounds.</summary>
public sealed class EngineRequestsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryDirectory _directory = new("engine");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_the_engine_says_when_it_says_no_is_told()
    {
        EngineAnswerException error = await AskAsync("HTTP/1.1 409 Conflict\r\nContent-Length: 23\r\n\r\n{\"message\":\"is paused\"}");
        Assert.Equal(("is paused (HTTP 409)", HttpStatusCode.Conflict), (error.Message, error.Status));

        error = await AskAsync("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\n<br>");
        Assert.Equal("Internal Server Error (HTTP 500)", error.Message);
    }

    [Fact]
    public async Task Its_words_are_shortened_and_do_nothing_to_a_terminal()
    {
        string words = "a\\u001b[31m\\n" + new string('x', 1000);
        string answer = $"{{\"message\":\"{words}\"}}";
        EngineAnswerException error = await AskAsync($"HTTP/1.1 500 Internal Server Error\r\nContent-Length: {answer.Length}\r\n\r\n{answer}");
        Assert.StartsWith("a [31m xxx", error.Message, StringComparison.Ordinal);
        Assert.Equal(500 + " (HTTP 500)".Length, error.Message.Length);
    }

    [Fact]
    public async Task It_leads_nowhere_else() =>
        Assert.Equal(HttpStatusCode.Found, (await AskAsync("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n")).Status);

    [Theory]
    [InlineData("{ no answer")]
    [InlineData("[]")]
    [InlineData("""{"Id":{}}""")]
    public async Task An_answer_that_cannot_be_read_is_none(string answer) =>
        Assert.StartsWith("an answer that cannot be read", (await AskAsync($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\n\r\n{answer}")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task An_answer_without_end_is_not_waited_for() =>
        Assert.Equal("no answer within 0.2 s", (await AskAsync("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", TimeSpan.FromSeconds(0.2))).Message);

    [Fact]
    public async Task An_answer_that_is_too_long_is_not_kept() =>
        Assert.Equal("its answer is too long", (await AskAsync("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n{")).Message);

    [Fact]
    public async Task A_message_of_a_stream_is_heard_at_once_and_one_without_end_is_not_kept()
    {
        await using Listener engine = new(_directory["socket"], "HTTP/1.1 200 OK\r\n\r\n{\"first\":1}\n\r\n{\"second\":2}\n", new string(' ', (1 << 20) + 1));
        using EngineRequests requests = new(engine, Patience, 1);
        List<string> heard = [];

        EngineAnswerException error = await Assert.ThrowsAsync<EngineAnswerException>(() => requests.FollowAsync("/events", message => message.GetRawText(), message =>
        {
            heard.Add(message);
            engine.GoOn();
        }, Token));

        Assert.Equal(["""{"first":1}""", """{"second":2}"""], heard);
        Assert.Contains("at once", error.Message, StringComparison.Ordinal);
    }

    private async Task<EngineAnswerException> AskAsync(string answer, TimeSpan? within = null)
    {
        await using Listener engine = new(_directory["socket"], answer);
        using EngineRequests requests = new(engine, within ?? Patience, 1);
        return await Assert.ThrowsAsync<EngineAnswerException>(() => requests.AskAsync("/question", body: null, (JsonElement it) => it.GetProperty("Id").GetString(), EngineRequests.LongestAnswer, Token));
    }

    /// <summary>Answers one connection, and holds it: the first part at once, each further one when it is told to go on.</summary>
    private sealed class Listener : IEngineRoute, IAsyncDisposable
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly SemaphoreSlim _more = new(1);
        private readonly CancellationTokenSource _end = new();
        private readonly Task _answering;

        internal Listener(string path, params string[] parts)
        {
            SocketPath = path;
            File.Delete(path);
            _socket.Bind(new UnixDomainSocketEndPoint(path));
            _socket.Listen();
            _answering = AnswerAsync(parts);
        }

        public string SocketPath { get; }

        public void Verify(Socket connection) => Assert.True(connection.Connected);

        public Task WhenOverAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _socket.Dispose();
            _more.Dispose();
            _end.Dispose();
        }

        internal void GoOn() => _more.Release();

        private async Task AnswerAsync(string[] parts)
        {
            using Socket connection = await _socket.AcceptAsync(_end.Token);
            await connection.ReceiveAsync(new byte[8192], _end.Token);
            foreach (string part in parts)
            {
                await _more.WaitAsync(_end.Token);
                for (ReadOnlyMemory<byte> rest = Encoding.UTF8.GetBytes(part); !rest.IsEmpty;)
                {
                    rest = rest[await connection.SendAsync(rest, _end.Token)..];
                }
            }

            await Task.Delay(Timeout.Infinite, _end.Token);
        }
    }
}
