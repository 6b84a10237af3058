using ContainerManager.Host.Events;

namespace ContainerManager.Tests.Unit.Events;

public sealed class RetriedActionTests : IDisposable
{
    private readonly SetClock _clock = new();
    private readonly Lock _owner = new();
    private readonly List<string> _warnings = [];
    private readonly RetriedAction _action;
    private string? _failure;
    private int _times;

    public RetriedActionTests() => _action = new RetriedAction(_owner, "it cannot be done", Act, _warnings.Add, _clock);

    public void Dispose() => _action.Dispose();

    [Fact]
    public void WhatWorksIsDoneOnce()
    {
        Do();
        _clock.Pass(Backoff.LongestDelay);
        Assert.Equal(1, _times);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void WhatFailsIsTriedAgainLessAndLessOftenAndToldOnce()
    {
        _failure = "no descriptor";
        Do();
        for (TimeSpan delay = Backoff.FirstDelay; delay < Backoff.LongestDelay; delay *= 2)
        {
            int before = _times;
            _clock.Pass(delay - TimeSpan.FromMilliseconds(1));
            Assert.Equal(before, _times);
            _clock.Pass(TimeSpan.FromMilliseconds(1));
            Assert.Equal(before + 1, _times);
        }

        Assert.Equal(["it cannot be done: no descriptor; tried again until it works"], _warnings);
        _failure = null;
        _clock.Pass(Backoff.LongestDelay);
        int done = _times;
        _clock.Pass(Backoff.LongestDelay);
        Assert.Equal(done, _times);
    }

    [Fact]
    public void AfterItHasWorkedTheNextFailureIsTheFirst()
    {
        _failure = "one";
        Do();
        _clock.Pass(Backoff.FirstDelay);
        _failure = null;
        Do();
        _failure = "two";
        Do();
        Assert.Equal(2, _warnings.Count);
        _failure = null;
        int before = _times;
        _clock.Pass(Backoff.FirstDelay);
        Assert.Equal(before + 1, _times);
    }

    [Fact]
    public void WhatIsNotWantedAnyMoreIsNotTriedAgain()
    {
        _failure = "no descriptor";
        Do();
        _action.Forget();
        _clock.Pass(Backoff.LongestDelay);
        Assert.Equal(1, _times);
        Do();
        _action.Dispose();
        _clock.Pass(Backoff.LongestDelay);
        Assert.Equal(2, _times);
    }

    [Fact]
    public void WhatIsADefectIsThrown()
    {
        using RetriedAction broken = new(_owner, "it cannot be done", () => throw new InvalidOperationException(), _warnings.Add, _clock);
        Assert.Throws<InvalidOperationException>(broken.Do);
        Assert.Empty(_warnings);
    }

    private void Do()
    {
        lock (_owner)
        {
            _action.Do();
        }
    }

    private void Act()
    {
        Assert.True(_owner.IsHeldByCurrentThread);
        _times++;
        if (_failure is not null)
        {
            throw new IOException(_failure);
        }
    }
}
