using System.Diagnostics;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>Reads a stream of events and lets a test wait for those it expects, in their order.</summary>
internal sealed class EventRecorder<T> : IAsyncDisposable
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(20);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Recorded<T>> _events = [];
    private readonly Task _reading;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;

    internal EventRecorder(Func<CancellationToken, IAsyncEnumerable<T>> open)
    {
        _reading = ReadAsync(open(_stop.Token));
    }

    /// <summary>Everything so far.</summary>
    internal IReadOnlyList<T> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _events.Select(recorded => recorded.Event)];
            }
        }
    }

    /// <summary>The next event that fits, after the one that this method returned before. Those in between are passed over.</summary>
    /// <exception cref="TimeoutException">There was none in time. The message lists what there was.</exception>
    internal async Task<Recorded<T>> NextAsync(Func<T, bool> fits, TimeSpan? within = null)
    {
        (Recorded<T> found, int index) = await FindAsync(_next, fits, within);
        _next = index + 1;
        return found;
    }

    /// <summary>The first event of all that fits: for those whose order among others does not matter.</summary>
    /// <exception cref="TimeoutException">As above.</exception>
    internal async Task<Recorded<T>> AnyAsync(Func<T, bool> fits, TimeSpan? within = null) => (await FindAsync(0, fits, within)).Found;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task<(Recorded<T> Found, int Index)> FindAsync(int from, Func<T, bool> fits, TimeSpan? within)
    {
        using CancellationTokenSource deadline = new(within ?? DefaultLimit);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                int found = _events.FindIndex(from, recorded => fits(recorded.Event));
                if (found >= 0)
                {
                    return (_events[found], found);
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException("The expected event did not come. What came:\n" + string.Join('\n', All.Skip(from)));
            }
        }
    }

    private async Task ReadAsync(IAsyncEnumerable<T> stream)
    {
        try
        {
            await foreach (T item in stream)
            {
                lock (_lock)
                {
                    _events.Add(new Recorded<T>(item, Stopwatch.GetTimestamp()));
                    _changed.TrySetResult();
                    _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            // Whoever waits for an event shall see why none will come.
            lock (_lock)
            {
                _changed.TrySetException(exception);
            }

            throw;
        }
    }
}

/// <summary>An event and when it came (<see cref="Stopwatch.GetTimestamp"/>).</summary>
internal readonly record struct Recorded<T>(T Event, long Timestamp);
