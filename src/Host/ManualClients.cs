using System.Collections.Immutable;
using System.Net.Sockets;
using ContainerManager.Abstractions;
using ContainerManager.Host.Clients;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Containers;
using ContainerManager.Host.Events;
using ContainerManager.Host.Plugins;
using ContainerManager.Host.State;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>
/// The clients that people start by hand in containers that have <c>/yacc/NAME</c> as <c>/yacc</c>. Through them the server mounts where it may not enter, and
/// runs programs where it has no other client. A container that no plugin knows is known by its client, for as long as that runs.
/// </summary>
internal sealed class ManualClients : IAsyncDisposable
{
    private const string Runtime = "client";
    private static readonly TimeSpan s_knownWithin = TimeSpan.FromSeconds(2);

    private readonly Engine _engine;
    private readonly ContainerClients _clients;
    private readonly ILogger _logger;
    private readonly string _root;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ClientDirectory> _directories = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _listening = [];

    /// <param name="root">The directory of theirs; without it there are none.</param>
    /// <param name="engine">Knows the containers.</param>
    /// <param name="clients">Get theirs.</param>
    /// <param name="logger">Told of what does not work.</param>
    internal ManualClients(string root, Engine engine, ContainerClients clients, ILogger logger) =>
        (_root, _engine, _clients, _logger) = (root, engine, clients, logger);

    /// <summary>Listens for those of the containers that the configuration names. Who was listened for before is still: the container has the directory.</summary>
    internal void Configure(ImmutableArray<ContainerRules> containers)
    {
        lock (_lock)
        {
            if (!Directory.Exists(_root) || _stop.IsCancellationRequested)
            {
                return;
            }

            foreach (string name in containers.Select(rules => rules.Key.NamePattern).Where(IsPlain).Distinct().Where(name => !_directories.ContainsKey(name)))
            {
                Listen(_root, name);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task[] listening;
        ClientDirectory[] directories;
        lock (_lock)
        {
            listening = [.. _listening];
            directories = [.. _directories.Values];
        }

        await Task.WhenAll(listening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (ClientDirectory directory in directories)
        {
            await directory.DisposeAsync();
        }

        _stop.Dispose();
    }

    private static bool IsPlain(string name) => name.Length > 0 && name is not ("." or "..") && name.IndexOfAny(['*', '?', '/', '\0']) < 0;

    private void Listen(string root, string name)
    {
        try
        {
            ClientDirectory directory = ClientDirectory.Open(root, name);
            _directories.Add(name, directory);
            _listening.Add(Task.Run(() => ListenAsync(name, directory), CancellationToken.None));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SocketException)
        {
            Log.Warning(_logger, $"{Path.Combine(root, name)} cannot be offered to the container: {failure.Message}");
        }
    }

    /// <summary>One client at a time: who comes while another serves waits until that has gone.</summary>
    private async Task ListenAsync(string name, ClientDirectory directory)
    {
        Backoff backoff = new(TimeProvider.System);
        while (true)
        {
            try
            {
                (Stream stream, int processId) = await directory.AcceptAsync(_stop.Token);
                await using (stream)
                {
                    await ServeAsync(name, directory, stream, processId);
                }

                backoff.Reset();
            }
            catch (Exception failure) when (failure is IOException or SocketException)
            {
                Log.Warning(_logger, $"the client that was started in {name} cannot be used: {failure.Message}");
                await backoff.WaitAsync(_stop.Token);
            }
        }
    }

    private async Task ServeAsync(string name, ClientDirectory directory, Stream stream, int processId)
    {
        ClientConnection connection = await ClientConnection.OpenAsync(stream, isOfPlugin: false, name, TimeProvider.System, _stop.Token);
        (ContainerDescription container, int run) = await ContainerOfAsync(name, processId, Serve);
        await _clients.ClientOf(container, run).AdoptAsync(connection);

        // What could not be done before is tried again.
        _engine.Post(new HostEvent.StrategiesChanged());
        await using (_stop.Token.Register(() => _ = connection.DisposeAsync().AsTask()))
        {
            await connection.Ended;
        }

        _engine.InsideMounts.TryRemove(container.Id, out _);
        _engine.InsideEvents.TryRemove(container.Id, out _);

        void Serve(ContainerId id)
        {
            _engine.InsideMounts[id] = new PropagatedMounts(directory, connection);
            _engine.InsideEvents[id] = new InsideEvents(connection);
        }
    }

    /// <summary>The one that a plugin has found; or else one that consists of the client.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="processId">The client's.</param>
    /// <param name="serve">Called as soon as it is known which container it is, and before anything is done for one that was not known.</param>
    private async Task<(ContainerDescription Container, int Run)> ContainerOfAsync(string name, int processId, Action<ContainerId> serve)
    {
        ContainerKey key = new(name);
        using (CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token))
        {
            limit.CancelAfter(s_knownWithin);
            try
            {
                (ContainerDescription Container, int Run) known = await KnownAsync(key, limit.Token);
                serve(known.Container.Id);
                return known;
            }
            catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
            {
                // No plugin has found it.
            }
        }

        ContainerId id = new(Runtime, name);
        serve(id);
        _engine.Post(new HostEvent.ContainerStarted(
            new ContainerDescription { Id = id, Name = name, ProcessId = processId }, ContainerOpener.Ours(ProcessEntry.Open(processId))));
        return await KnownAsync(key, _stop.Token);
    }

    private async Task<(ContainerDescription Container, int Run)> KnownAsync(ContainerKey key, CancellationToken cancellationToken)
    {
        ContainerState found = await _engine.WhenAsync(
            state => state.Containers.FirstOrDefault(container => key.Matches(container.Description) && container.Unreachable is null), cancellationToken);
        return (found.Description, found.Run);
    }
}
