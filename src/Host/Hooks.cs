using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.Host.Clients;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Control;
using ContainerManager.Host.State;
using ContainerManager.Protocol;

namespace ContainerManager.Host;

/// <summary>
/// Runs the hooks of containers, inside them: for each container one after the other, in the order of what happened, and without holding up anything.
/// </summary>
/// <param name="engine">Knows which containers have hooks.</param>
/// <param name="clients">Run them.</param>
/// <param name="told">Told how they went: container, what, the output or the reason.</param>
/// <param name="stop">The server ends: what waits is not run any more.</param>
internal sealed class Hooks(Engine engine, ContainerClients clients, Action<string, string, string?> told, CancellationToken stop)
{
    /// <summary>For each container. What happens faster than hooks can be run for it is told and left out, rather than kept for ever.</summary>
    private const int MostWaiting = 1000;
    private const int LongestOutput = 4096;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ContainerId, Channel<Hook>> _queues = new();

    /// <summary>Something has happened. Returns at once; called under the engine's lock.</summary>
    internal void Heed(StateChange change)
    {
        if (change.Id is not { } container)
        {
            return;
        }

        if (change.Kind == ChangeKind.ContainerStopped && _queues.TryRemove(container, out Channel<Hook>? over))
        {
            over.Writer.TryComplete();
        }

        if (change.Target == ClientMount.Target || CommandsOf(change, container) is not { IsEmpty: false } commands)
        {
            return;
        }

        Channel<Hook> queue = _queues.GetOrAdd(container, id => NewQueue(id, change.Container));
        foreach (ImmutableArray<string> command in commands)
        {
            if (!queue.Writer.TryWrite(new Hook(command, change)))
            {
                told(change.Container, "hook-left-out", $"{MostWaiting} wait already");
            }
        }
    }

    private ImmutableArray<ImmutableArray<string>> CommandsOf(StateChange change, ContainerId container)
    {
        Func<HookCommands, ImmutableArray<string>>? which = change.Kind switch
        {
            ChangeKind.Attached or ChangeKind.Replaced => hooks => hooks.OnAttach,
            ChangeKind.Detached => hooks => hooks.OnDetach,
            ChangeKind.DeviceAdded or ChangeKind.DeviceChanged or ChangeKind.DeviceRemoved => hooks => hooks.OnUdev,
            _ => null,
        };
        return which is null ? [] : [.. (engine.Read(state => state.Find(container)?.Hooks) ?? []).Select(which).Where(command => !command.IsEmpty)];
    }

    private Channel<Hook> NewQueue(ContainerId id, string name)
    {
        Channel<Hook> queue = Channel.CreateBounded<Hook>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
        _ = RunAllAsync(id, name, queue.Reader);
        return queue;
    }

    private async Task RunAllAsync(ContainerId id, string container, ChannelReader<Hook> hooks)
    {
        // Not on the thread that holds the engine's lock.
        await Task.Yield();
        await foreach (Hook hook in hooks.ReadAllAsync(stop))
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(Limit);
            string command = string.Join(' ', hook.Command);
            try
            {
                (int status, string output) = await RunAsync(id, hook, limit.Token);
                told(container, status == 0 ? "hook-done" : "hook-failed", $"{command}: status {status}{(output.Length > 0 ? $": {output}" : "")}");
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                told(container, "hook-failed", $"{command}: not done within {Limit.TotalSeconds:0} s, and ended");
            }
            catch (Exception failure) when (failure is IOException or ControlException)
            {
                told(container, "hook-failed", $"{command}: {failure.Message}");
            }
        }
    }

    private async Task<(int Status, string Output)> RunAsync(ContainerId container, Hook hook, CancellationToken cancellationToken)
    {
        OpenedRun opened = await clients.OpenRunAsync(container, cancellationToken);
        RunChannel run = opened.Channel;
        try
        {
            // As root, whoever the container's programs are run as.
            RunRequest request = opened.Complete(new RunRequest([.. hook.Command], [.. HookEnvironment.Of(hook.Change)], null, null, null)) with { User = null };
            await run.BeginAsync(request, cancellationToken);
            StringBuilder output = new();
            await foreach (Frame frame in run.Received.ReadAllAsync(cancellationToken))
            {
                switch (frame.Kind)
                {
                    case FrameKind.Started:
                        await run.SendAsync(FrameKind.InputEnd, default, cancellationToken);
                        break;
                    case FrameKind.Output or FrameKind.Error:
                        string text = Encoding.UTF8.GetString(frame.Body.Span);
                        output.Append(text.AsSpan(0, Math.Min(text.Length, LongestOutput - output.Length)));
                        await run.SendAsync(FrameKind.Credit, RunCredit.Write(1, frame.Body.Length, new byte[sizeof(int)]).Body, cancellationToken);
                        break;
                    case FrameKind.Exited:
                        return (MessageFormat.Read<RunExited>(frame.Body).Status, output.ToString().Trim());
                    case FrameKind.Failed:
                        throw new IOException(MessageFormat.Read<RunFailed>(frame.Body).Reason);
                }
            }

            throw new IOException("the client has ended");
        }
        finally
        {
            await run.CloseAsync();
        }
    }

    private readonly record struct Hook(ImmutableArray<string> Command, StateChange Change);
}
