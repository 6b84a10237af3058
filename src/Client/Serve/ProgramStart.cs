using System.Collections;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Serve;

/// <summary>Starts what is asked for: by way of <c>client exec</c>, which becomes the program once it has its user, its directory and its terminal.</summary>
internal static class ProgramStart
{
    private const string Ourselves = "/proc/self/exe";

    /// <exception cref="KernelException">There is no terminal, no descriptor or no process to be had.</exception>
    internal static (int ProcessId, ProgramStreams Streams) Start(RunRequest request)
    {
        if (request.Command.Length == 0)
        {
            throw new ProtocolException("a run without a command");
        }

        List<SafeFileHandle> theirs = [];
        ProgramStreams streams = request.Detached ? OfNothing(theirs) : request.Terminal is { } size ? OfTerminal(size, theirs) : OfPipes(theirs);
        try
        {
            return (ChildProcess.Spawn(Ourselves, Arguments(request), EnvironmentOf(request), theirs[0], theirs[1], theirs[^1]), streams);
        }
        catch
        {
            streams.Dispose();
            throw;
        }
        finally
        {
            // Of a terminal we keep their side: where nobody had it open, it would say so for ever, and to close ours would hang up the program.
            theirs.Where(handle => handle != streams.Terminal?.Slave).ToList().ForEach(handle => handle.Dispose());
        }
    }

    private static ProgramStreams OfPipes(List<SafeFileHandle> theirs)
    {
        Pipe input = Pipe.Create(), output = Pipe.Create(), error = Pipe.Create();
        theirs.AddRange([input.ReadEnd, output.WriteEnd, error.WriteEnd]);
        SafeFileHandle[] ours = [input.WriteEnd, output.ReadEnd, error.ReadEnd];
        Array.ForEach(ours, Pipe.SetNonBlocking);
        return new ProgramStreams(ours[0], [(ours[1], FrameKind.Output), (ours[2], FrameKind.Error)], null);
    }

    private static ProgramStreams OfNothing(List<SafeFileHandle> theirs)
    {
        theirs.AddRange([File.OpenHandle("/dev/null"), File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite)]);
        return new ProgramStreams(new SafeFileHandle(), [], null);
    }

    private static ProgramStreams OfTerminal(TerminalSize size, List<SafeFileHandle> theirs)
    {
        PseudoTerminal terminal = PseudoTerminal.Open();
        theirs.AddRange([terminal.Slave, terminal.Slave]);
        PseudoTerminal.SetSize(terminal.Master, size.Rows, size.Columns);
        Pipe.SetNonBlocking(terminal.Master);
        return new ProgramStreams(terminal.Master, [(terminal.Master, FrameKind.Output)], terminal);
    }

    private static string[] Arguments(RunRequest request) =>
    [
        "client", "exec",
        .. request.Terminal is not null ? ["--terminal"] : Array.Empty<string>(),
        .. request.User is { } user ? ["--user", user] : Array.Empty<string>(),
        .. request.WorkingDirectory is { } directory ? ["--cwd", directory] : Array.Empty<string>(),
        .. request.Environment.Any(variable => variable.StartsWith("HOME=", StringComparison.Ordinal)) ? ["--keep-home"] : Array.Empty<string>(),
        "--", .. request.Command,
    ];

    /// <summary>Ours, and over it what is asked for.</summary>
    private static string[] EnvironmentOf(RunRequest request)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (DictionaryEntry own in Environment.GetEnvironmentVariables())
        {
            variables[(string)own.Key] = (string?)own.Value ?? "";
        }

        if (request.Terminal is not null)
        {
            variables["TERM"] = "xterm-256color";
        }

        foreach (string variable in request.Environment)
        {
            if (variable.IndexOf('=') is > 0 and var equals)
            {
                variables[variable[..equals]] = variable[(equals + 1)..];
            }
        }

        return [.. variables.Select(variable => $"{variable.Key}={variable.Value}")];
    }
}

/// <summary>Our ends of a program's streams.</summary>
/// <param name="Input">Written to.</param>
/// <param name="Outputs">Read from, and as what it is passed on.</param>
/// <param name="Terminal">Both of them; null: they are pipes.</param>
internal sealed record ProgramStreams(SafeFileHandle Input, List<(SafeFileHandle Handle, FrameKind Kind)> Outputs, PseudoTerminal? Terminal) : IDisposable
{
    public void Dispose()
    {
        Input.Dispose();
        Outputs.ForEach(output => output.Handle.Dispose());
        Terminal?.Slave.Dispose();
    }
}
