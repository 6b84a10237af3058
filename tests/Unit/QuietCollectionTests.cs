using ContainerManager.Host;

namespace ContainerManager.Tests.Unit;

/// <summary>When memory is given back: after much has happened, when nothing goes on, and once.</summary>
public sealed class QuietCollectionTests : IDisposable
{
    private readonly SetClock _clock = new();
    private readonly QuietCollection _quiet;
    private long _allocated;
    private int _collected;

    public QuietCollectionTests() => _quiet = new QuietCollection(_clock, () => _allocated, () => _collected++);

    public void Dispose() => _quiet.Dispose();

    [Fact]
    public void After_a_burst_it_is_collected_once_it_is_quiet()
    {
        _allocated = QuietCollection.Worthwhile;
        _quiet.Heed();
        Pass(1);
        Assert.Equal(0, _collected);

        _allocated += QuietCollection.Nothing;
        Pass(1);
        Assert.Equal(0, _collected);

        _allocated += QuietCollection.Nothing - 1;
        Pass(1);
        Assert.Equal(1, _collected);
        Pass(10);
        Assert.Equal(1, _collected);
    }

    [Fact]
    public void What_is_not_worth_it_adds_up()
    {
        for (int times = 0; times < 4; times++)
        {
            _allocated += QuietCollection.Worthwhile / 2;
            _quiet.Heed();
            Pass(2);
            Assert.Equal((times + 1) / 2, _collected);
        }
    }

    [Fact]
    public void Nobody_looks_when_nothing_happens()
    {
        _allocated = QuietCollection.Worthwhile;
        Pass(10);
        Assert.Equal(0, _collected);
    }

    private void Pass(int intervals)
    {
        for (int i = 0; i < intervals; i++)
        {
            _clock.Pass(QuietCollection.Interval);
        }
    }
}
