using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using ContainerManager.Host.Clients;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Control;
using ContainerManager.Protocol;

namespace ContainerManager.Host;

/// <summary>Programs that were started in containers and that nobody waits for. They go on when the server ends, which then knows of them no longer.</summary>
/// <param name="clients">Start them.</param>
/// <param name="told">Told of their ends: container, what, which.</param>
internal sealed class DetachedPrograms(ContainerClients clients, Action<string, string, string?> told)
{
    /// <summary>Of those that have ended.</summary>
    private const int MostKept = 100;
    private const int Terminate = 15;
    private const int Kill = 9;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<Program> _programs = [];
    private int _last;

    /// <summary>Those that run, and the last ones that have ended.</summary>
    internal ImmutableArray<ProgramStatus> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _programs.Select(program => program.Status)];
            }
        }
    }

    /// <exception cref="ControlException">There is no such container, or the program cannot be started.</exception>
    internal async Task<ProgramStatus> StartAsync(string container, ProgramRequest request, CancellationToken cancellationToken)
    {
        OpenedRun opened = await clients.OpenRunAsync(new ContainerKey(container), cancellationToken);
        RunChannel run = opened.Channel;
        try
        {
            RunRequest wanted = opened.Complete(new RunRequest(
                [.. request.Command], [.. request.Environment ?? []], request.WorkingDirectory, request.User, null, Detached: true));
            await run.BeginAsync(wanted, cancellationToken);
            Frame answer = await run.Received.ReadAsync(cancellationToken);
            RunStarted started = answer.Kind == FrameKind.Started
                ? MessageFormat.Read<RunStarted>(answer.Body)
                : throw new ControlException(422, $"{request.Command[0]} could not be started: {MessageFormat.Read<RunFailed>(answer.Body).Reason}");
            return Added(container, request, started.ProcessId, run);
        }
        catch (Exception failure) when (failure is IOException or ChannelClosedException)
        {
            await run.CloseAsync();
            throw new ControlException(422, $"{request.Command[0]} could not be started in {container}: {failure.Message}");
        }
        catch
        {
            await run.CloseAsync();
            throw;
        }
    }

    /// <summary>Ends one: SIGTERM, and SIGKILL if that does not help. Completes when it has ended.</summary>
    /// <exception cref="ControlException">There is none, or it does not run any more.</exception>
    internal async Task StopAsync(string id, CancellationToken cancellationToken)
    {
        Program? program;
        lock (_lock)
        {
            program = _programs.Find(one => one.Status.Id == id);
        }

        if (program is not { Status.State: "running" })
        {
            throw new ControlException(404, program is null ? $"there is no program {id}" : $"{id} does not run any more", "'container-util ps' lists them");
        }

        foreach (int signal in (int[])[Terminate, Kill])
        {
            try
            {
                await program.Run.SendAsync(FrameKind.Signal, Body(FrameKind.Signal, new RunSignal(signal)), cancellationToken);
                await program.Ended.WaitAsync(s_grace, cancellationToken);
                return;
            }
            catch (TimeoutException)
            {
                // The next signal.
            }
            catch (IOException lost)
            {
                throw new ControlException(422, $"{id} cannot be ended: {lost.Message}", "the client that had started it is gone: end it from within the container");
            }
        }

        throw new ControlException(504, $"{id} has not ended though it was killed", "it waits for a device or a file system that does not answer");
    }

    private static ReadOnlyMemory<byte> Body<T>(FrameKind kind, T message)
        where T : IMessage<T> => MessageFormat.Write(kind, 1, message).Body;

    private ProgramStatus Added(string container, ProgramRequest request, int processId, RunChannel run)
    {
        lock (_lock)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"{container}/{++_last}");
            Program program = new(run, new ProgramStatus(id, container, request.Command, processId, TimeProvider.System.GetUtcNow(), "running", null));
            _programs.Add(program);
            program.Ended = Task.Run(() => FollowAsync(program), CancellationToken.None);
            return program.Status;
        }
    }

    private async Task FollowAsync(Program program)
    {
        int? status = null;
        try
        {
            await foreach (Frame frame in program.Run.Received.ReadAllAsync())
            {
                status = frame.Kind == FrameKind.Exited ? MessageFormat.Read<RunExited>(frame.Body).Status : status;
            }
        }
        catch (IOException)
        {
            // The client is gone, with its container or alone.
        }

        ProgramStatus over = program.Status with { State = status is null ? "lost" : "ended", ExitStatus = status };
        lock (_lock)
        {
            program.Status = over;
            if (_programs.Count(one => one.Status.State != "running") > MostKept)
            {
                _programs.Remove(_programs.Find(one => one.Status.State != "running")!);
            }
        }

        told(over.Container, $"program-{over.State}", $"{over.Id}: {string.Join(' ', over.Command)}{(status is null ? "" : string.Create(CultureInfo.InvariantCulture, $": status {status}"))}");
    }

    private sealed class Program(RunChannel run, ProgramStatus status)
    {
        internal RunChannel Run { get; } = run;

        internal ProgramStatus Status { get; set; } = status;

        internal Task Ended { get; set; } = Task.CompletedTask;
    }
}
