using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using ContainerManager.Protocol;
using Microsoft.AspNetCore.Http;

namespace ContainerManager.Host.Control;

/// <summary>
/// Sends events as lines of JSON. Between the engine and the client stands a bounded buffer: when the client reads too slowly the oldest
/// events are dropped, and a line in their place says how many.
/// </summary>
internal sealed class EventStream
{
    /// <summary>How many events wait for one slow reader.</summary>
    internal const int Capacity = 1024;

    private static readonly byte[] s_newLine = "\n"u8.ToArray();

    private readonly HttpResponse _response;
    private readonly Channel<EventRecord> _waiting;
    private int _lost;

    internal EventStream(HttpResponse response)
    {
        _response = response;
        _response.ContentType = ControlAddress.EventsMediaType;
        BoundedChannelOptions options = new(Capacity)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
            SingleReader = true,
            SingleWriter = true,
        };
        _waiting = Channel.CreateBounded<EventRecord>(options, _ => Interlocked.Increment(ref _lost));
    }

    /// <summary>Sends these, and no more.</summary>
    internal async Task SendAsync(IEnumerable<EventRecord> records, CancellationToken cancellationToken)
    {
        foreach (EventRecord record in records)
        {
            await WriteLineAsync(record, cancellationToken);
        }
    }

    /// <summary>Sends until the source ends, the client leaves or the token is cancelled.</summary>
    internal async Task FollowAsync(IControlledEngine engine, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        IAsyncEnumerable<EventRecord> records = engine.FollowAsync(either.Token);

        // From here on it ends with the token: a client that has gone already leaves no subscription.
        Task reading = FillAsync(records, either.Token);
        try
        {
            // The headers go out after the subscription: a client that has them misses nothing.
            await _response.StartAsync(cancellationToken);
            await _response.Body.FlushAsync(cancellationToken);
            await DrainAsync(cancellationToken);
        }
        finally
        {
            await either.CancelAsync();
            await reading;
        }
    }

    private async Task FillAsync(IAsyncEnumerable<EventRecord> records, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await foreach (EventRecord record in records.WithCancellation(cancellationToken))
            {
                _waiting.Writer.TryWrite(record);
            }
        }
        catch (Exception exception)
        {
            // Belongs to the one who drains: it ends the stream there.
            failure = exception;
        }

        _waiting.Writer.TryComplete(failure);
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        await foreach (EventRecord record in _waiting.Reader.ReadAllAsync(cancellationToken))
        {
            if (Interlocked.Exchange(ref _lost, 0) is > 0 and int lost)
            {
                await WriteLineAsync(LostRecord(record.Time, lost), cancellationToken);
            }

            await WriteLineAsync(record, cancellationToken);
            await _response.Body.FlushAsync(cancellationToken);
        }
    }

    private async Task WriteLineAsync(EventRecord record, CancellationToken cancellationToken)
    {
        await JsonSerializer.SerializeAsync(_response.Body, record, ControlJson.Default.EventRecord, cancellationToken);
        await _response.Body.WriteAsync(s_newLine, cancellationToken);
    }

    private static EventRecord LostRecord(DateTimeOffset time, int count)
    {
        string detail = string.Create(CultureInfo.InvariantCulture, $"{count} events were not sent: the reader is too slow");
        return new EventRecord(time, "lost", null, null, null, detail);
    }
}
