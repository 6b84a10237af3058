using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ContainerManager.EngineApi;

/// <summary>Requests to one engine over its socket. What it answers may be a user's choice: it is bounded, and read as far as it is needed.</summary>
internal sealed class EngineRequests : IDisposable
{
    /// <summary>Bytes of an answer about one container, or of what a stream says at once: all its labels and variables come with it.</summary>
    internal const int LongestAnswer = 1 << 20;

    /// <summary>Bytes of an answer about all: ten thousand containers.</summary>
    internal const int LongestList = 16 << 20;

    /// <summary>Characters of an engine's own words that are shown.</summary>
    private const int LongestReason = 500;

    private readonly HttpClient _client;
    private readonly TimeSpan _answerWithin;

    internal EngineRequests(IEngineRoute route, TimeSpan answerWithin, int connections)
    {
        _answerWithin = answerWithin;
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = connections,
            ConnectCallback = (_, cancellationToken) => ConnectAsync(route, cancellationToken),
        };

        // The host name is not used.
        _client = new HttpClient(handler) { BaseAddress = new Uri("http://engine"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>What <paramref name="read"/> makes of the answer.</summary>
    /// <param name="path">With its query.</param>
    /// <param name="body">JSON, which is posted; null: none, and it is asked only.</param>
    /// <param name="read">Called with the answer.</param>
    /// <param name="longest">Bytes of the answer.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="EngineAnswerException">The engine says no, or something that cannot be read, or nothing in time.</exception>
    /// <exception cref="IOException">The engine cannot be reached.</exception>
    internal async Task<T> AskAsync<T>(string path, string? body, Func<JsonElement, T> read, int longest, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(path, body);
        using HttpResponseMessage response = await SendAsync(request, longest, cancellationToken);
        return Read(new ReadOnlySequence<byte>(await response.Content.ReadAsByteArrayAsync(cancellationToken)), read);
    }

    /// <summary>Calls <paramref name="heard"/> with what <paramref name="read"/> makes of each line of an answer that has no end.</summary>
    /// <exception cref="IOException">The connection broke, or the engine ended it, or it says what cannot be read.</exception>
    internal async Task FollowAsync<T>(string path, Func<JsonElement, T> read, Action<T> heard, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(path, body: null);
        using HttpResponseMessage response = await SendAsync(request, longest: null, cancellationToken);
        PipeReader reader = PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellationToken));
        try
        {
            ReadResult result;
            long searched = 0;
            do
            {
                result = await reader.ReadAsync(cancellationToken);
                ReadOnlySequence<byte> rest = result.Buffer;
                for (; rest.Slice(searched).PositionOf((byte)'\n') is { } end; searched = 0)
                {
                    if (!IsBlank(rest.Slice(0, end)))
                    {
                        heard(Read(rest.Slice(0, end), read));
                    }

                    rest = rest.Slice(rest.GetPosition(1, end));
                }

                if ((searched = rest.Length) > LongestAnswer)
                {
                    throw new EngineAnswerException($"it says more than {LongestAnswer} bytes at once");
                }

                reader.AdvanceTo(rest.Start, rest.End);
            }
            while (!result.IsCompleted);
            throw new EndOfStreamException("the engine ended the connection");
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    /// <summary>Posts <paramref name="body"/>; the connection becomes the answer.</summary>
    /// <exception cref="EngineAnswerException">The engine says no.</exception>
    /// <exception cref="IOException">The engine cannot be reached.</exception>
    internal async Task<Stream> UpgradeAsync(string path, string body, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(path, body);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("tcp"));
        HttpResponseMessage response = await SendAsync(request, longest: null, cancellationToken);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            return await response.Content.ReadAsStreamAsync(cancellationToken);
        }

        using (response)
        {
            throw new EngineAnswerException($"it does not hand the connection over (HTTP {(int)response.StatusCode})");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static HttpRequestMessage Request(string path, string? body) => new(body is null ? HttpMethod.Get : HttpMethod.Post, path)
    {
        Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
    };

    /// <summary>All the ways in which a request can fail, as one that says it to a person.</summary>
    /// <param name="request">It.</param>
    /// <param name="longest">Bytes of the answer, which is waited for; null: only its beginning is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, int? longest, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_answerWithin);
        HttpResponseMessage? response = null;
        try
        {
            response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            bool yes = response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.SwitchingProtocols;
            if ((yes ? longest : LongestAnswer) is { } bytes)
            {
                await response.Content.LoadIntoBufferAsync(bytes, limit.Token);
            }

            HttpResponseMessage answer = yes ? response : throw new EngineAnswerException(await ReasonAsync(response)) { Status = response.StatusCode };
            response = null;
            return answer;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineAnswerException($"no answer within {_answerWithin.TotalSeconds} s", exception);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new EngineAnswerException("its answer is too long", exception);
        }
        catch (HttpRequestException exception)
        {
            // The outer message names the host of the address, which means nothing here.
            throw new IOException(exception.GetBaseException().Message, exception);
        }
        finally
        {
            response?.Dispose();
        }
    }

    /// <summary>What an engine says when it says no, for a log and a terminal: they are its own words.</summary>
    private static async Task<string> ReasonAsync(HttpResponseMessage response)
    {
        string? said = null;
        try
        {
            said = Read(new ReadOnlySequence<byte>(await response.Content.ReadAsByteArrayAsync()), error => error.Text("message"));
        }
        catch (EngineAnswerException)
        {
            // It says it in another way than engines do.
        }

        said ??= response.ReasonPhrase ?? "";
        IEnumerable<char> shown = said.Take(LongestReason).Select(c => char.IsControl(c) ? ' ' : c);
        return $"{string.Concat(shown)} (HTTP {(int)response.StatusCode})";
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (ReadOnlyMemory<byte> part in line)
        {
            if (part.Span.ContainsAnyExcept(" \t\r"u8))
            {
                return false;
            }
        }

        return true;
    }

    private static T Read<T>(ReadOnlySequence<byte> answer, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new EngineAnswerException($"an answer that cannot be read: {exception.Message}", exception);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(IEngineRoute route, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(route.SocketPath), cancellationToken);
            route.Verify(socket);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
