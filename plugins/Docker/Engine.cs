using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Docker;

/// <summary>One engine, known by its socket: connects, and connects again when the connection breaks.</summary>
internal sealed class Engine(string socketPath, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    private readonly EngineApi _api = new(socketPath, AnswerWithin);
    private volatile KnownContainers? _containers;

    private string Address => "unix://" + socketPath;

    /// <summary>The container was reported by this engine, and not as removed.</summary>
    internal bool Reported(string id) => _containers?.Contains(id) ?? false;

    /// <summary>How a container runs now, or null when it does not.</summary>
    /// <exception cref="IOException">The engine does not answer.</exception>
    internal async Task<ContainerDescription?> DescribeAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await _api.LookAsync(id, cancellationToken)).Running;
        }
        catch (IOException exception)
        {
            throw new IOException($"{Address}: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Reports the engine's containers until cancelled. Calls <paramref name="listed"/> once, when those that run have been named for
    /// the first time.
    /// </summary>
    internal async Task FollowAsync(ChannelWriter<RuntimeEvent> events, Action listed, CancellationToken cancellationToken)
    {
        KnownContainers containers = _containers = new KnownContainers(events);
        EngineHealth health = new(Address, events);
        using EngineAbsence absence = new(socketPath, time);
        Action? listedFirst = listed;
        while (true)
        {
            try
            {
                await new EngineSession(_api, containers).RunAsync(Listed, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The boundary of one engine: whatever it is, it is said to the user and tried again, and the others go on.
                if (File.Exists(socketPath))
                {
                    health.Trouble(exception.Message);
                }
                else
                {
                    health.Absent("there is no such socket; waiting for the engine to start");
                }
            }

            await absence.WaitAsync(cancellationToken);
        }

        void Listed()
        {
            absence.Over();
            health.Well();
            Interlocked.Exchange(ref listedFirst, null)?.Invoke();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _api.Dispose();
}
