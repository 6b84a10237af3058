using System.Globalization;
using System.Net;
using System.Text.Json;

namespace ContainerManager.EngineApi;

/// <summary>The few questions of the Engine API (docs.docker.com/reference/api/engine) that we have, to one engine.</summary>
internal sealed class EngineClient(EngineIdentity identity, IEngineRoute route, TimeSpan answerWithin) : IDisposable
{
    /// <summary>More than are ever needed at once: the looks, the list and the events. An engine may be a user's, and must not use up what is ours.</summary>
    private const int MostConnections = ContainerLooks.AtOnce + 4;

    private readonly EngineRequests _requests = new(route, answerWithin, MostConnections);

    /// <summary>Of their own, since each program that runs keeps a connection.</summary>
    private readonly EngineRequests _programs = new(route, answerWithin, int.MaxValue);

    /// <summary>The ids of what runs now.</summary>
    /// <exception cref="IOException">The engine does not answer, or answers with an error.</exception>
    internal Task<string[]> ListRunningAsync(CancellationToken cancellationToken) =>
        _requests.AskAsync(
            "/containers/json",
            body: null,
            list => list.EnumerateArray().Select(container => IdIn(container, "Id")).OfType<string>().ToArray(),
            EngineRequests.LongestList,
            cancellationToken);

    /// <summary>What there is to know of a container.</summary>
    /// <exception cref="EngineAnswerException">The engine has no good answer for this container.</exception>
    /// <exception cref="IOException">The engine cannot be reached.</exception>
    internal async Task<Observation> LookAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await _requests.AskAsync(
                $"/containers/{id}/json",
                body: null,
                container => Observation.Of(identity.IdOf(id), identity.Owner, container),
                EngineRequests.LongestAnswer,
                cancellationToken);
        }
        catch (EngineAnswerException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return Observation.Absent;
        }
    }

    /// <summary>
    /// Calls <paramref name="changed"/>, one call at a time, with each container that starts, ends, is removed or renamed, beginning
    /// with those of <paramref name="since"/>.
    /// </summary>
    /// <exception cref="IOException">The connection broke, or the engine ended it.</exception>
    internal Task FollowAsync(DateTimeOffset since, Action<Change> changed, CancellationToken cancellationToken)
    {
        string words = string.Join(',', identity.Events.Select(word => $"\"{word}\":true"));
        string filters = $$$"""{"type":{"container":true},"event":{{{{words}}}}}""";
        return _requests.FollowAsync($"/events?since={UnixTime(since)}&filters={Uri.EscapeDataString(filters)}", ChangeIn, Hear, cancellationToken);

        Change? ChangeIn(JsonElement message) => message.Member("Actor") is { } actor && IdIn(actor, "ID") is { } id
            ? new Change(id, Destroyed: message.Text("Action") is { } action && identity.Removals.Contains(action))
            : null;

        void Hear(Change? change)
        {
            if (change is { } happened)
            {
                changed(happened);
            }
        }
    }

    /// <summary>Runs a program in a container as its root, whatever user it is configured for.</summary>
    /// <exception cref="EngineAnswerException">The engine refuses.</exception>
    /// <exception cref="IOException">The engine cannot be reached.</exception>
    internal async Task<Stream> ExecuteAsync(string id, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        string words = string.Join(',', command.Select(word => $"\"{JsonEncodedText.Encode(word)}\""));
        string wanted = $$"""{"AttachStdin":true,"AttachStdout":true,"AttachStderr":true,"User":"0:0","WorkingDir":"/","Cmd":[{{words}}]}""";
        string program = await _requests.AskAsync($"/containers/{id}/exec", wanted, made => IdIn(made, "Id"), EngineRequests.LongestAnswer, cancellationToken)
            ?? throw new IOException("the engine names the program by no id");
        return new ExecutedProgram(await _programs.UpgradeAsync($"/exec/{program}/start", """{"Detach":false,"Tty":false}""", cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _requests.Dispose();
        _programs.Dispose();
    }

    /// <summary>What stands in the place of an id becomes part of addresses, records and messages: null, if it cannot be one.</summary>
    private static string? IdIn(JsonElement answer, string name) =>
        answer.Text(name) is { Length: > 0 and <= 128 } id && id.All(char.IsAsciiLetterOrDigit) ? id : null;

    /// <summary>Seconds and nanoseconds, as the parameter <c>since</c> of <c>GET /events</c> has it.</summary>
    private static string UnixTime(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.ToUnixTimeSeconds()}.{time.Ticks % TimeSpan.TicksPerSecond * 100:D9}");
}
