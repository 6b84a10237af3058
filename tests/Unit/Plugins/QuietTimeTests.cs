using ContainerManager.Host.Plugins.Folders;

namespace ContainerManager.Tests.Unit.Plugins;

public sealed class QuietTimeTests : IDisposable
{
    private static readonly TimeSpan Less = QuietTime.Quiet - TimeSpan.FromMilliseconds(1);

    private readonly SetClock _clock = new();
    private readonly QuietTime _quiet;
    private int _settled;

    public QuietTimeTests() => _quiet = new QuietTime(() => _settled++, _clock);

    public void Dispose() => _quiet.Dispose();

    [Fact]
    public void Without_a_change_nothing_settles()
    {
        _clock.Pass(QuietTime.Longest * 2);
        Assert.Equal(0, _settled);
    }

    [Fact]
    public void The_last_change_counts()
    {
        _quiet.Touch();
        _clock.Pass(Less);
        _quiet.Touch();
        _clock.Pass(Less);
        Assert.Equal(0, _settled);

        _clock.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _settled);

        _clock.Pass(QuietTime.Longest);
        Assert.Equal(1, _settled);
    }

    [Fact]
    public void Who_never_stops_is_not_waited_for_for_ever()
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < QuietTime.Longest; passed += Less)
        {
            Assert.Equal(0, _settled);
            _quiet.Touch();
            _clock.Pass(Less);
        }

        Assert.Equal(1, _settled);
    }

    [Fact]
    public void After_the_end_nothing_settles()
    {
        _quiet.Touch();
        _quiet.Dispose();
        _clock.Pass(QuietTime.Longest);
        Assert.Equal(0, _settled);
    }
}
