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
    /// <summary>Bytes: a list of ten thousand containers is well below.</summary>
    private const int LongestAnswer = 64 << 20;

    /// <summary>Bytes of what a stream says at once: a container's labels come with it.</summary>
    private const int LongestMessage = 1 << 20;

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
        _client = new HttpClient(handler) { BaseAddress = new Uri("http://engine"), Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = LongestAnswer };
    }

    /// <summary>What <paramref name="read"/> makes of the answer.</summary>
    /// <param name="path">With its query.</param>
    /// <param name="body">JSON, which is posted; null: none, and it is asked only.</param>
    /// <param name="read">Called with the answer.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="EngineAnswerException">The engine says no, or something that cannot be read, or nothing in time.</exception>
    /// <exception cref="IOException">The engine cannot be reached.</exception>
    internal async Task<T> AskAsync<T>(string path, string? body, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(path, body);
        using HttpResponseMessage response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
        return Read(new ReadOnlySequence<byte>(await response.Content.ReadAsByteArrayAsync(cancellationToken)), read);
    }

    /// <summary>Calls <paramref name="heard"/> with each line of an answer that has no end.</summary>
    /// <exception cref="IOException">The connection broke, or the engine ended it.</exception>
    internal async Task FollowAsync(string path, Action<JsonElement> heard, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(path, body: null);
        using HttpResponseMessage response = await SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        PipeReader reader = PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellationToken));
        ReadResult result;
        do
        {
            result = await reader.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = result.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                Read(rest.Slice(0, end), message =>
                {
                    heard(message);
                    return true;
                });
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            if (rest.Length > LongestMessage)
            {
                throw new EngineAnswerException($"it says more than {LongestMessage} bytes at once");
            }

            reader.AdvanceTo(rest.Start, rest.End);
        }
        while (!result.IsCompleted);
        throw new EndOfStreamException("the engine ended the connection");
    }

    /// <summary>Posts <paramref name="body"/>; the connection becomes the answer.</summary>
    /// <exception cref="EngineAnswerException">The engine says no.</exception>
    /// <exception cref="IOException">The engine cannot be reached.</exception>
    internal async Task<Stream> UpgradeAsync(string path, string body, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(path, body);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("tcp"));
        HttpResponseMessage response = await SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.StatusCode == HttpStatusCode.SwitchingProtocols
            ? await response.Content.ReadAsStreamAsync(cancellationToken)
            : throw new EngineAnswerException($"it does not hand the connection over ({(int)response.StatusCode})");
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static HttpRequestMessage Request(string path, string? body) => new(body is null ? HttpMethod.Get : HttpMethod.Post, path)
    {
        Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
    };

    /// <summary>All the ways in which a request can fail, as one that says it to a person.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_answerWithin);
        try
        {
            HttpResponseMessage response = await _client.SendAsync(request, completion, limit.Token);
            if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                return response;
            }

            using (response)
            {
                throw new EngineAnswerException(await ReasonAsync(response, limit.Token)) { Status = response.StatusCode };
            }
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
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(LongestMessage, cancellationToken);
        string? said = null;
        try
        {
            said = Read(new ReadOnlySequence<byte>(await response.Content.ReadAsByteArrayAsync(cancellationToken)), error => error.Text("message"));
        }
        catch (EngineAnswerException)
        {
            // It says it in another way than engines do.
        }

        return $"{said ?? response.ReasonPhrase} (HTTP {(int)response.StatusCode})";
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
