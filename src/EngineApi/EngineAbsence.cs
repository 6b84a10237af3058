namespace ContainerManager.EngineApi;

/// <summary>
/// How long to wait before the next attempt to reach an engine: until its socket is made anew; at the latest after a time that doubles
/// with each attempt while the socket is there (something hears, but badly), and after <see cref="LookAfter"/> where it is not.
/// </summary>
/// <param name="socketPath">The socket.</param>
/// <param name="time">For the pauses.</param>
/// <param name="started">We start the engine ourselves: the time grows while there is no socket, too.</param>
public sealed class EngineAbsence(string socketPath, TimeProvider time, bool started = false) : IDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);

    /// <summary>Seldom enough to cost nothing. For what no watch shows, such as a file system mounted over the directory.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(30);

    /// <summary>To start a program again and again costs more than to look whether there is a socket.</summary>
    private static readonly TimeSpan StartAfter = TimeSpan.FromMinutes(10);

    private readonly TimeSpan _longest = started ? StartAfter : LookAfter;

    private SocketArrival? _arrival;
    private TimeSpan _delay = Shortest;
    private long? _overSince;

    /// <summary>
    /// Completes when an attempt is worth it. At once for the first, since the socket may have been made before it was watched; but
    /// not for an engine that answers and breaks off, again and again.
    /// </summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (_arrival is null)
        {
            _arrival = new SocketArrival(socketPath);
            if (_overSince is not { } since || time.GetElapsedTime(since) > LookAfter)
            {
                _delay = Shortest;
                return;
            }
        }

        if (await _arrival.WaitAsync(started || File.Exists(socketPath) ? _delay : _longest, time, cancellationToken))
        {
            _delay = Shortest;
        }
        else
        {
            _delay = _delay * 2 < _longest ? _delay * 2 : _longest;
        }
    }

    /// <summary>The engine answers.</summary>
    public void Over()
    {
        _arrival?.Dispose();
        _arrival = null;
        _overSince = time.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Dispose() => Over();
}
