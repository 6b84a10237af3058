using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;
using Docker.DotNet.NativeHttp;

namespace ContainerManager.EngineApi;

/// <summary>The few requests of the Engine API that discovery needs, over one socket.</summary>
internal sealed class EngineClient : IDisposable
{
    /// <summary>More than are ever needed at once: the looks, the list and the events. An engine may be a user's, and must not use up what is ours.</summary>
    private const int MostConnections = ContainerLooks.AtOnce + 4;

    private readonly EngineIdentity _identity;
    private readonly TimeSpan _answerWithin;
    private readonly DockerClient _client;

    /// <summary>Of its own, since each program that runs keeps a connection.</summary>
    private readonly HttpClient _programs;

    internal EngineClient(EngineIdentity identity, IEngineRoute route, TimeSpan answerWithin)
    {
        _identity = identity;
        _answerWithin = answerWithin;


        // The library's own transport for unix sockets knows paths of 91 bytes at most and makes one connection for each request;
        // .NET's handler does better. The host name is not used.
        _client = new DockerClientBuilder()
            .WithEndpoint(new Uri("http://engine"))
            .WithTimeout(answerWithin)
            .WithTransportOptions(new NativeHttpTransportOptions { ConfigureHandler = handler => UseSocket(handler, route, MostConnections) })
            .Build();
        SocketsHttpHandler programs = new();
        UseSocket(programs, route, int.MaxValue);
        _programs = new HttpClient(programs) { Timeout = answerWithin };
    }

    /// <summary>The ids of what runs now.</summary>
    /// <exception cref="IOException">The engine does not answer, or answers with an error.</exception>
    internal async Task<string[]> ListRunningAsync(CancellationToken cancellationToken)
    {
        Task<IList<ContainerListResponse>> list = _client.Containers.ListContainersAsync(new ContainersListParameters(), cancellationToken);
        return [.. (await AnswerAsync(list, cancellationToken)).Select(container => container.ID).Where(IsId)];
    }

    /// <summary>What there is to know of a container.</summary>
    /// <exception cref="EngineAnswerException">The engine has no good answer for this container.</exception>
    /// <exception cref="IOException">The engine cannot be reached.</exception>
    internal async Task<Observation> LookAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return Observation.Of(_identity.IdOf(id), _identity.Owner, await AnswerAsync(_client.Containers.InspectContainerAsync(id, cancellationToken), cancellationToken));
        }
        catch (IOException exception) when (exception.InnerException is DockerApiException { StatusCode: HttpStatusCode.NotFound })
        {
            return Observation.Absent;
        }
    }

    /// <summary>
    /// Calls <paramref name="changed"/>, one call at a time, with each container that starts, ends, is removed or renamed, beginning
    /// with those of <paramref name="since"/>.
    /// </summary>
    /// <exception cref="IOException">The connection broke, or the engine ended it.</exception>
    internal async Task FollowAsync(DateTimeOffset since, Action<Change> changed, CancellationToken cancellationToken)
    {
        ContainerEventsParameters parameters = new() { Since = UnixTime(since), Filters = Filters() };
        await AnswerAsync(ListenAsync(), cancellationToken);
        throw new EndOfStreamException("the engine ended the connection");

        async Task<bool> ListenAsync()
        {
            await _client.System.MonitorEventsAsync(parameters, new Listener(_identity, changed), cancellationToken);
            return true;
        }
    }

    /// <summary>Runs a program in a container as its root, whatever user it is configured for.</summary>
    /// <exception cref="EngineAnswerException">The engine refuses.</exception>
    /// <exception cref="IOException">The engine cannot be reached.</exception>
    internal async Task<Stream> ExecuteAsync(string id, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        ContainerExecCreateParameters parameters = new()
        {
            AttachStdin = true,
            AttachStdout = true,
            AttachStderr = true,
            User = "0:0",
            WorkingDir = "/",
            Cmd = [.. command],
        };
        string program = (await AnswerAsync(_client.Exec.CreateContainerExecAsync(id, parameters, cancellationToken), cancellationToken)).ID;
        return IsId(program)
            ? new ExecutedProgram(await AnswerAsync(StartAsync(program, cancellationToken), cancellationToken))
            : throw new IOException("the engine names the program by no id");
    }

    /// <summary>The connection becomes the program's streams; the library's own way to do this cannot read and write at once.</summary>
    private async Task<Stream> StartAsync(string program, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"http://engine/exec/{program}/start")
        {
            Content = new StringContent("{\"Detach\":false,\"Tty\":false}", Encoding.UTF8, "application/json"),
        };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("tcp"));
        HttpResponseMessage response = await _programs.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.StatusCode == HttpStatusCode.SwitchingProtocols
            ? await response.Content.ReadAsStreamAsync(cancellationToken)
            : throw new IOException($"the engine refuses to run it: {await response.Content.ReadAsStringAsync(cancellationToken)}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _programs.Dispose();
    }

    /// <summary>All the ways in which a request can fail, as one that says it to a person.</summary>
    private async Task<T> AnswerAsync<T>(Task<T> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineAnswerException($"no answer within {_answerWithin.TotalSeconds} s", exception);
        }
        catch (HttpRequestException exception)
        {
            // The outer message names the host of the address, which means nothing here.
            throw new IOException(exception.GetBaseException().Message, exception);
        }
        catch (DockerApiException exception)
        {
            throw new EngineAnswerException(exception.Message, exception);
        }
        catch (JsonException exception)
        {
            throw new EngineAnswerException($"an answer that cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>What stands in the place of an id becomes part of addresses, records and messages.</summary>
    private static bool IsId(string? text) => text?.Length is > 0 and <= 128 && text.All(char.IsAsciiLetterOrDigit);

    private Dictionary<string, IDictionary<string, bool>> Filters() => new()
    {
        ["type"] = new Dictionary<string, bool> { ["container"] = true },
        ["event"] = _identity.Events.ToDictionary(action => action, _ => true),
    };

    private static void UseSocket(SocketsHttpHandler handler, IEngineRoute route, int connections)
    {
        handler.UseProxy = false;
        handler.MaxConnectionsPerServer = connections;
        handler.ConnectCallback = async (_, cancellationToken) =>
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
        };
    }

    /// <summary>Seconds and nanoseconds, as the parameter <c>since</c> of <c>GET /events</c> has it.</summary>
    private static string UnixTime(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.ToUnixTimeSeconds()}.{time.Ticks % TimeSpan.TicksPerSecond * 100:D9}");

    private sealed class Listener(EngineIdentity identity, Action<Change> changed) : IProgress<Message>
    {
        public void Report(Message value)
        {
            if (IsId(value.Actor?.ID))
            {
                changed(new Change(value.Actor!.ID, Destroyed: identity.Removals.Contains(value.Action)));
            }
        }
    }
}
