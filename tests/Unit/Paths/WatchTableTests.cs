using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Paths;

public sealed class WatchTableTests : IDisposable
{
    private readonly Inotify _inotify = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("table-").FullName;
    private readonly WatchTable _table;

    public WatchTableTests() => _table = new WatchTable(_inotify);

    public void Dispose()
    {
        _inotify.Dispose();
        Directory.Delete(_directory);
    }

    [Fact]
    public async Task A_watch_entered_while_another_thread_gives_it_up_is_alive()
    {
        using CancellationTokenSource done = new();
        Task leaving = Task.Run(() => ComeAndGo(done.Token), CancellationToken.None);
        try
        {
            for (int round = 0; round < 20_000; round++)
            {
                Interest coming = NewInterest();
                _table.Add(coming);
                Assert.True(IsAlive(coming.Watch), $"watch {coming.Watch} is dead in round {round}");
                _table.Remove(coming);
            }
        }
        finally
        {
            await done.CancelAsync();
            await leaving;
        }
    }

    private void ComeAndGo(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Interest interest = NewInterest();
            _table.Add(interest);
            _table.Remove(interest);
        }
    }

    // Nothing is delivered here, so nobody needs a walk.
    private Interest NewInterest() => new(null!, null!, _directory, ComponentPattern.Every, about: null);

    /// <summary>Whether fdinfo lists it (proc_pid_fdinfo(5)): <c>inotify wd:2 ino:…</c>, in hexadecimal.</summary>
    private bool IsAlive(int watch) =>
        File.ReadAllText($"/proc/self/fdinfo/{_inotify.Handle.DangerousGetHandle()}").Contains($"wd:{watch:x} ", StringComparison.Ordinal);
}
