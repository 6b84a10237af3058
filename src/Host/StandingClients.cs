using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Events;

namespace ContainerManager.Host;

/// <summary>Keeps a client in each container whose <c>_client</c> is <c>always</c>: one that ends is started again, with a growing delay.</summary>
/// <param name="engine">Knows the containers.</param>
/// <param name="clients">Their clients.</param>
/// <param name="told">Told what goes wrong: container, what, why.</param>
internal sealed class StandingClients(Engine engine, ContainerClients clients, Action<string, string, string?> told)
{
    private readonly Channel<bool> _looks = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly HashSet<(ContainerId Container, int Run)> _kept = [];

    /// <summary>A container has started. Returns at once; most have no such client, and are passed over.</summary>
    internal void Started(ContainerId container)
    {
        if (engine.Read(state => state.Find(container)?.Client) == ClientPolicy.Always)
        {
            Look();
        }
    }

    /// <summary>Others are wanted, perhaps. Returns at once.</summary>
    internal void Look() => _looks.Writer.TryWrite(true);

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (bool look in _looks.Reader.ReadAllAsync(cancellationToken))
        {
            foreach ((ContainerDescription container, int run) in Wanted())
            {
                lock (_kept)
                {
                    if (!_kept.Add((container.Id, run)))
                    {
                        continue;
                    }
                }

                _ = KeepAsync(container, run, cancellationToken);
            }
        }
    }

    private (ContainerDescription Container, int Run)[] Wanted() => engine.Read(state => state.Containers
        .Where(one => one is { Client: ClientPolicy.Always, Unreachable: null }).Select(one => (one.Description, one.Run)).ToArray());

    private async Task KeepAsync(ContainerDescription container, int run, CancellationToken cancellationToken)
    {
        Backoff backoff = new(TimeProvider.System);
        while (Array.Exists(Wanted(), wanted => wanted.Container.Id == container.Id && wanted.Run == run))
        {
            long started = TimeProvider.System.GetTimestamp();
            try
            {
                await clients.ClientOf(container, run).StandAsync(cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // Whatever a runtime's plugin has thrown: the next try may do better, and nobody else would tell of it.
                told(container.Name, "client-failed", failure.Message);
            }

            if (TimeProvider.System.GetElapsedTime(started) > backoff.Delay * 10)
            {
                backoff.Reset();
            }

            await backoff.WaitAsync(cancellationToken);
        }

        lock (_kept)
        {
            _kept.Remove((container.Id, run));
        }
    }
}
