namespace ContainerManager.Tests.Integration.TestBed;

public sealed class CleanUpTests
{
    [Fact]
    public async Task AllIsDoneWhateverFailsAndAllThatFailedIsTold()
    {
        List<int> done = [];

        AggregateException told = await Assert.ThrowsAsync<AggregateException>(() => CleanUp.AllAsync(
            CleanUp.Of(() => throw new IOException("first")),
            CleanUp.Of(() => done.Add(2)),
            CleanUp.Of(() => Task.FromException(new IOException("third"))),
            CleanUp.Of(() => done.Add(4))).AsTask());

        Assert.Equal([2, 4], done);
        Assert.Equal(["first", "third"], told.InnerExceptions.Select(one => one.Message));
    }
}
