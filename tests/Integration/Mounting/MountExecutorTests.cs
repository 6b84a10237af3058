using ContainerManager.Abstractions;
using ContainerManager.Host.Mounting;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.Scenarios;

namespace ContainerManager.Tests.Integration.Mounting;

/// <summary>The executor with the default strategy, against a real mount namespace.</summary>
public sealed class MountExecutorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cm-mount-").FullName;
    private readonly MountNamespaceEntrance _entrance = new();
    private readonly NamespaceMount _strategy = new();
    private readonly BareContainer _container = new();
    private readonly ContainerEntry _entry;
    private readonly CloneMaker _clones;
    private readonly MountExecutor _executor;

    public MountExecutorTests()
    {
        _entry = _container.Open();
        _clones = new CloneMaker(Path.Combine(_directory, "transit"), Installation.Client, _entrance, new StagedNodes(Path.Combine(_directory, "nodes")));
        _executor = new MountExecutor(_entrance, _clones);
    }

    public void Dispose()
    {
        _entry.Dispose();
        _container.Dispose();
        _clones.Dispose();
        _entrance.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void AFileIsInsideAndGoesAgainWithItsMountPoints()
    {
        string source = NewFile("one");
        AttachedMount mount = Attach(source, "/some/where/file");
        Assert.Equal("one", File.ReadAllText(_container.Inside("/some/where/file")));
        Assert.Equal(["/some", "/some/where", "/some/where/file"], mount.Made);
        _executor.Execute(_entry, _strategy.Detach(mount));
        Assert.False(Directory.Exists(_container.Inside("/some")));
        Assert.DoesNotContain(_container.Mounts.Mounts, m => m.MountPoint.StartsWith("/some", StringComparison.Ordinal));
    }

    [Fact]
    public void ReplacingLeavesNoGapAndNoOldMount()
    {
        string source = NewFile("one");
        AttachedMount mount = Attach(source, "/file");
        File.WriteAllText(source + ".new", "two");
        File.Move(source + ".new", source, overwrite: true);
        mount = Made(_executor.Execute(_entry, _strategy.Replace(new MountRequest(source, "/file", MountOptions.Default), mount)), "/file", mount);
        Assert.Equal("two", File.ReadAllText(_container.Inside("/file")));
        Assert.Single(_container.Mounts.Mounts, m => m.MountPoint == "/file");
        _executor.Execute(_entry, _strategy.Detach(mount));
        Assert.False(File.Exists(_container.Inside("/file")));
    }

    [Fact]
    public async Task ReplacingGoesOnWhileTheSourceIsReplacedAllTheTime()
    {
        string source = NewFile("one");
        AttachedMount mount = Attach(source, "/file");
        using CancellationTokenSource enough = new();
        Task renaming = Task.Run(
            () =>
        {
            while (!enough.IsCancellationRequested)
            {
                File.WriteAllText(source + ".new", "two");
                File.Move(source + ".new", source, overwrite: true);
            }
        },
            TestContext.Current.CancellationToken);
        try
        {
            for (int i = 0; i < 2000; i++)
            {
                mount = ReplaceUnlessChanged(source, mount);
                Assert.Single(_container.Mounts.Mounts, m => m.MountPoint == "/file");
                Assert.Equal(mount.MountId, _executor.Execute(_entry, _strategy.Recognise(mount)).MountId);
            }
        }
        finally
        {
            await enough.CancelAsync();
            await renaming;
        }
    }

    [Fact]
    public void ReadOnlyAndNoExecHold()
    {
        string source = NewFile("one");
        Attach(source, "/file", new MountOptions { ReadOnly = true, NoExec = true });
        MountTableEntry entry = Assert.Single(_container.Mounts.Mounts, m => m.MountPoint == "/file");
        Assert.Contains("ro", entry.Options.Split(','));
        Assert.Contains("noexec", entry.Options.Split(','));
    }

    [Fact]
    public void OnlyOurMountIsTakenAway()
    {
        AttachedMount mount = Attach(NewFile("one"), "/file");
        _executor.Execute(_entry, _strategy.Detach(mount with { MountId = mount.MountId + 1 }));
        Assert.Equal("one", File.ReadAllText(_container.Inside("/file")));
    }

    [Fact]
    public void AMountWhoseParentWasRenamedInsideIsFoundAndTakenAway()
    {
        AttachedMount mount = Attach(NewFile("one"), "/some/where/file");
        Directory.Move(_container.Inside("/some"), _container.Inside("/elsewhere"));
        _executor.Execute(_entry, [_strategy.Detach(mount)[0]]);
        Assert.DoesNotContain(_container.Mounts.Mounts, m => m.MountPoint.EndsWith("/file", StringComparison.Ordinal));
    }

    [Fact]
    public void AMountIsRecognisedByItsId()
    {
        string source = NewFile("one");
        AttachedMount mount = Attach(source, "/file");
        MountOutcome found = _executor.Execute(_entry, _strategy.Recognise(mount));
        Assert.Equal(mount.MountId, found.MountId);
        Assert.Equal(FileStatus.OfPath(source)!.Value.Identity, found.Identity);
        Assert.Equal(0ul, _executor.Execute(_entry, _strategy.Recognise(mount with { MountId = 1 })).MountId);
    }

    [Fact]
    public void ASymbolicLinkAsTargetIsRefusedAndNothingIsLeft()
    {
        File.CreateSymbolicLink(_container.Inside("/link"), "/etc");
        MountRefusedException refused = Assert.Throws<MountRefusedException>(() => Attach(NewFile("one"), "/link"));
        Assert.Contains("symbolic link", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALinkOnTheWayStaysInTheContainersRoot()
    {
        string outside = Path.Combine(_directory, "outside");
        Directory.CreateDirectory(outside);
        File.CreateSymbolicLink(_container.Inside("/escape"), outside);
        File.CreateSymbolicLink(_container.Inside("/up"), "../../../../..");
        Attach(NewFile("one"), "/up/file");
        Assert.Equal("one", File.ReadAllText(_container.Inside("/file")));
        Assert.Throws<MountRefusedException>(() => Attach(NewFile("two"), "/escape/file"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Fact]
    public void AMagicLinkIsRefused()
    {
        File.CreateSymbolicLink(_container.Inside("/magic"), "/proc/self/root");
        KernelException failure = Assert.Throws<KernelException>(() => Attach(NewFile("one"), "/magic/tmp/file"));
        Assert.Contains("magic link", FailureAdvice.Explain(failure), StringComparison.Ordinal);
    }

    [Fact]
    public void AfterwardsEveryThreadIsAtHome()
    {
        AttachedMount mount = Attach(NewFile("one"), "/file");
        _executor.Execute(_entry, _strategy.Detach(mount));
        string own = new FileInfo("/proc/self/ns/mnt").LinkTarget!;
        Assert.All(Directory.EnumerateDirectories("/proc/self/task"), task => Assert.Equal(own, new FileInfo(task + "/ns/mnt").LinkTarget));
        Assert.Equal("/", new FileInfo("/proc/self/root").LinkTarget);
    }

    /// <summary>The source may be unlinked between the clone and the swap; then nothing has changed.</summary>
    private AttachedMount ReplaceUnlessChanged(string source, AttachedMount mount)
    {
        try
        {
            return Made(_executor.Execute(_entry, _strategy.Replace(new MountRequest(source, mount.Target, MountOptions.Default), mount)), mount.Target, mount);
        }
        catch (KernelException failure) when (FailureAdvice.IsSourceMissing(failure))
        {
            return mount;
        }
    }

    private AttachedMount Attach(string source, string target, MountOptions? options = null) =>
        Made(_executor.Execute(_entry, _strategy.Attach(new MountRequest(source, target, options ?? MountOptions.Default))), target);

    private static AttachedMount Made(MountOutcome outcome, string target, AttachedMount? before = null) =>
        new(target, outcome.MountId, before is null ? outcome.Made : before.Made);

    private string NewFile(string content)
    {
        string path = Path.Combine(_directory, Guid.NewGuid().ToString());
        File.WriteAllText(path, content);
        return path;
    }
}
