using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Clients;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Control;
using ContainerManager.Host.State;
using ContainerManager.Protocol;

namespace ContainerManager.Host;

/// <summary>The clients of all containers.</summary>
/// <param name="engine">Knows the containers.</param>
/// <param name="starter">Starts clients.</param>
/// <param name="told">Told of what becomes of them: container, what, why.</param>
internal sealed class ContainerClients(Engine engine, ClientStarter starter, Action<string, string, string?> told) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ContainerId, ContainerClient> _clients = [];

    /// <summary>Opens a run in a container.</summary>
    /// <exception cref="ControlException">There is no such container, or no client is to be had in it.</exception>
    internal Task<OpenedRun> OpenRunAsync(ContainerKey key, CancellationToken cancellationToken) =>
        OpenRunAsync(key.Text, container => key.Matches(container), cancellationToken);

    /// <inheritdoc cref="OpenRunAsync(ContainerKey, CancellationToken)"/>
    internal Task<OpenedRun> OpenRunAsync(ContainerId id, CancellationToken cancellationToken) =>
        OpenRunAsync(id.Value, container => container.Id == id, cancellationToken);

    private async Task<OpenedRun> OpenRunAsync(string name, Func<ContainerDescription, bool> which, CancellationToken cancellationToken)
    {
        (ContainerDescription container, int run) = Find(name, which);
        try
        {
            RunChannel channel = await ClientOf(container, run).OpenRunAsync(cancellationToken);
            ImmutableArray<string>? environment = engine.Read(state => state.Find(container.Id)?.Environment);
            return new OpenedRun(channel, container.User, environment ?? []);
        }
        catch (IOException failure)
        {
            throw new ControlException(422, $"no client could be started in {container.Name}: {failure.Message}");
        }
    }

    /// <summary>The client of one run of a container, whether it is there or not.</summary>
    internal ContainerClient ClientOf(ContainerDescription container, int run)
    {
        HashSet<ContainerId> known = engine.Read(state => state.Containers.Select(one => one.Description.Id).ToHashSet());
        lock (_lock)
        {
            // The clients of containers that have ended have ended with them.
            foreach (ContainerId gone in _clients.Keys.Where(id => !known.Contains(id)).ToList())
            {
                _clients.Remove(gone);
            }

            if (!_clients.TryGetValue(container.Id, out ContainerClient? client) || !client.IsOf(run))
            {
                _clients[container.Id] = client = new ContainerClient(
                    run,
                    stop => starter.StartAsync(container, run, stop),
                    () => starter.Withdraw(container, run),
                    (what, why) => told(container.Name, what, why));
            }

            return client;
        }
    }

    /// <summary>How the client of a container is; null: it was not needed yet.</summary>
    internal ClientStatus? StatusOf(ContainerId container)
    {
        lock (_lock)
        {
            return _clients.GetValueOrDefault(container)?.Status;
        }
    }

    /// <summary>The plugin of a runtime is unloaded: clients that are reached through it are ended.</summary>
    internal async Task LeaveAsync(string runtime)
    {
        ContainerClient[] clients;
        lock (_lock)
        {
            clients = [.. _clients.Where(client => client.Key.Runtime == runtime).Select(client => client.Value)];
        }

        foreach (ContainerClient client in clients)
        {
            await client.LeavePluginAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ContainerClient[] clients;
        lock (_lock)
        {
            clients = [.. _clients.Values];
            _clients.Clear();
        }

        foreach (ContainerClient client in clients)
        {
            await client.DisposeAsync();
        }
    }

    private (ContainerDescription Container, int Run) Find(string name, Func<ContainerDescription, bool> which) => engine.Read(state =>
    {
        ContainerState[] running = [.. state.Containers.Where(one => which(one.Description))];
        return running switch
        {
            [] => throw new ControlException(404, $"no container {name} runs", "'container-util status' lists them"),
            [{ Unreachable: { } why }] => throw new ControlException(422, $"{name} cannot be entered: {why}"),
            [{ Client: ClientPolicy.Never }] => throw new ControlException(403, $"the configuration allows no client in {name}", "its _client is \"never\""),
            [var one] => (one.Description, one.Run),
            _ => throw new ControlException(
                409, $"{name} means several containers: {string.Join(", ", running.Select(one => one.Description.Id))}", "name one as runtime:name"),
        };
    });
}
