using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli;

/// <summary>One run of one verb: what was typed, the server, and the way to answer.</summary>
internal sealed class Invocation
{
    private readonly ParseResult _line;
    private readonly WaitNotice _waiting;

    private Invocation(ParseResult line, ControlClient server, WaitNotice waiting)
    {
        _line = line;
        _waiting = waiting;
        Server = server;
        Json = line.GetValue(GlobalOptions.Json);
    }

    internal ControlClient Server { get; }

    /// <summary>For scripts: JSON, and nothing else.</summary>
    internal bool Json { get; }

    /// <summary>The server's socket, if it is not the one that is taken where none is named.</summary>
    internal string? NamedSocket => GlobalOptions.SocketOf(_line) is var socket && socket != ControlAddress.DefaultSocket ? socket : null;

    /// <summary><c>-c</c>.</summary>
    internal string Container => ContainerName(_line.GetValue(GlobalOptions.Container));

    internal static async Task<int> RunAsync(
        ParseResult line,
        Func<Invocation, CancellationToken, Task<int>> work,
        CancellationToken cancellationToken)
    {
        try
        {
            using ControlClient server = new(GlobalOptions.SocketOf(line));
            using WaitNotice waiting = new(line.CommandResult.Command.Name, wanted: !line.GetValue(GlobalOptions.Json));
            return await work(new Invocation(line, server, waiting), cancellationToken);
        }
        catch (Failure failure)
        {
            return Report.Failed(failure, line.GetValue(GlobalOptions.Json));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException or SocketException)
        {
            Failure failure = new(ExitCode.Failed, $"the server's reply broke off or makes no sense: {exception.GetBaseException().Message}");
            return Report.Failed(failure, line.GetValue(GlobalOptions.Json));
        }
    }

    internal T? Value<T>(Option<T> option) => _line.GetValue(option);

    internal T Value<T>(Argument<T> argument) => _line.GetRequiredValue(argument);

    internal T? OptionalValue<T>(Argument<T> argument) => _line.GetValue(argument);

    /// <summary>The path as typed, seen from the working directory.</summary>
    internal static string AbsolutePath(string path) => path.Length == 0 || path.Contains('\0')
        ? throw new Failure(ExitCode.Usage, "a path must not be empty")
        : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <summary>A name that can stand in an address as itself.</summary>
    internal static string ContainerName(string? name) => string.IsNullOrEmpty(name) || name is "." or ".." || name.Contains('/')
        ? throw new Failure(ExitCode.Usage, $"'{name}' cannot be a container's name")
        : name;

    /// <summary>Whether a name means a container.</summary>
    internal static bool Means(string name, ContainerStatus container) => container.Name == name || $"{container.Runtime}:{container.Name}" == name;

    /// <inheritdoc cref="ContainerName"/>
    internal static string PluginName(string name) => name.Length == 0 || name is "." or ".." || name.Contains('/')
        ? throw new Failure(ExitCode.Usage, $"'{name}' cannot be a plugin's name")
        : name;

    /// <summary>From now on it is no wait any more, however long it takes.</summary>
    internal void HasBegun() => _waiting.Dispose();

    /// <summary>Answers in words, or with the value where JSON is wanted.</summary>
    internal void Answer<T>(T value, JsonTypeInfo<T> type, Action<Terminal> words)
    {
        HasBegun();
        if (Json)
        {
            StandardStream.WriteOutput([.. JsonSerializer.SerializeToUtf8Bytes(value, type), (byte)'\n']);
            return;
        }

        Terminal.ToOutput(words);
    }
}
