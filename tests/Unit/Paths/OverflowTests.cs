using System.Globalization;
using ContainerManager.Host.Paths;

namespace ContainerManager.Tests.Unit.Paths;

public sealed class OverflowTests : IDisposable
{
    private const int Many = 20_000;
    private readonly PathPump _pump = new();

    public void Dispose() => _pump.Dispose();

    [Fact]
    public void Events_lost_in_a_full_queue_are_made_up_for()
    {
        int queue = int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"), CultureInfo.InvariantCulture);
        Assert.True(queue < Many, $"fs.inotify.max_queued_events is {queue}: {Many} files do not overflow the queue");
        Directory.CreateDirectory(_pump.At("d"));
        PathPattern entries = _pump.Watch("d", entries: true), one = _pump.Watch("d/19999"), later = _pump.Watch("later/x");
        for (int i = 0; i < Many; i++)
        {
            File.WriteAllText(_pump.At($"d/{i}"), "");
        }

        Directory.CreateDirectory(_pump.At("later"));
        _pump.Settle();
        Assert.Equal(Many, _pump.Sink.Of(entries).Count);
        Assert.Equal(Model.Expand(entries).OrderBy(it => it.Key), _pump.Sink.Of(entries).OrderBy(it => it.Key));
        Assert.Single(_pump.Sink.Of(one));
        Assert.NotEqual(0, _pump.Overflows);

        for (int i = 0; i < Many; i++)
        {
            File.Delete(_pump.At($"d/{i}"));
        }

        File.WriteAllText(_pump.At("later/x"), "");
        _pump.Settle();
        Assert.Empty(_pump.Sink.Of(entries));
        Assert.Empty(_pump.Sink.Of(one));
        Assert.Single(_pump.Sink.Of(later));
    }

    [Fact]
    public void A_flood_that_is_read_in_time_ends_right_too()
    {
        Directory.CreateDirectory(_pump.At("d"));
        PathPattern entries = _pump.Watch("d", entries: true);
        for (int i = 0; i < Many; i++)
        {
            File.WriteAllText(_pump.At($"d/{i}"), "");
            if (i % 1000 == 0)
            {
                // Read, but nobody works: more hints than a walk keeps.
                _pump.ReadAndRun(pieces: 0);
            }
        }

        _pump.Settle();
        Assert.Equal(Many, _pump.Sink.Of(entries).Count);
        Assert.Equal(0, _pump.Overflows);
    }
}
