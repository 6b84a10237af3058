using ContainerManager.Abstractions;
using ContainerManager.Host.Clients;
using ContainerManager.Host.Containers;
using ContainerManager.Host.State;

namespace ContainerManager.Host;

/// <summary>Starts the client in a container: has its file mounted there, and then run, by the runtime's own means or by entering the namespaces.</summary>
/// <param name="engine">Mounts.</param>
/// <param name="connections">Know the runtimes.</param>
/// <param name="program">The file.</param>
internal sealed class ClientStarter(Engine engine, PluginConnections connections, ClientProgram program)
{
    private static readonly TimeSpan MountedWithin = TimeSpan.FromSeconds(10);

    /// <exception cref="IOException">It could not be started; for a person to read.</exception>
    internal async Task<ClientConnection> StartAsync(ContainerDescription container, int run, CancellationToken cancellationToken)
    {
        ClientFile file = program.Prepare();
        engine.Post(new HostEvent.ClientWanted(container.Id, run, file));
        await MountedAsync(container, run, cancellationToken);
        (Stream stream, bool isOfPlugin) = await ExecuteAsync(container, file, cancellationToken);
        return await ClientConnection.OpenAsync(stream, isOfPlugin, container.Name, TimeProvider.System, cancellationToken);
    }

    /// <summary>The file is not needed in the container any more.</summary>
    internal void Withdraw(ContainerDescription container, int run) => engine.Post(new HostEvent.ClientWanted(container.Id, run, null));

    private async Task MountedAsync(ContainerDescription container, int run, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(MountedWithin);
        try
        {
            string outcome = await engine.WhenAsync(state => ClientMount.Outcome(state, container.Id, run), limit.Token);
            if (outcome.Length > 0)
            {
                throw new IOException($"the client's file cannot be mounted at {ClientMount.Target}: {outcome}");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"the client's file could not be mounted within {MountedWithin.TotalSeconds:0} s");
        }
    }

    private async Task<(Stream Stream, bool IsOfPlugin)> ExecuteAsync(
        ContainerDescription container, ClientFile file, CancellationToken cancellationToken)
    {
        IContainerRuntime runtime = connections.RuntimeOf(container.Id.Runtime)
            ?? throw new IOException($"the plugin of runtime {container.Id.Runtime} is not loaded");
        try
        {
            if (await runtime.ExecuteAsync(container, [ClientMount.Target, "serve"], cancellationToken) is { } stream)
            {
                return (stream, true);
            }

            using ContainerEntry entry = await new ContainerOpener(runtime, TimeProvider.System).OpenAsync(container, cancellationToken);
            return (await NamespaceEntry.StartAsync(container, entry, file.Path, cancellationToken), false);
        }
        catch (Exception failure) when (failure is not (IOException or OperationCanceledException or OutOfMemoryException))
        {
            throw new IOException($"the plugin of runtime {container.Id.Runtime} could not run it: {failure.Message}", failure);
        }
    }
}
