using System.Diagnostics;
using ContainerManager.Abstractions;
using ContainerManager.Host.Mounting;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Mounting;

/// <summary>Options that hold, and owners that are right, where root inside is root of a user namespace of its own.</summary>
public sealed class UserNamespacedMountTests : IDisposable
{
    private const uint First = 700000;

    private readonly TemporaryDirectory _directory = new("userns");
    private readonly MountNamespaceEntrance _entrance = new();
    private readonly NamespaceMount _strategy = new();
    private readonly BareContainer _container = new(firstId: First);
    private readonly ContainerEntry _entry;
    private readonly CloneMaker _clones;
    private readonly MountExecutor _executor;

    public UserNamespacedMountTests()
    {
        _entry = _container.Open();
        _clones = new CloneMaker(_directory["transit"], Installation.Client, _entrance, new StagedNodes(_directory["transit"] + "-nodes"));
        _executor = new MountExecutor(_entrance, _clones);
    }

    public void Dispose()
    {
        _entry.Dispose();
        _container.Dispose();
        _clones.Dispose();
        _entrance.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ItsRootCannotTakeAwayWhatIsLocked(bool directory)
    {
        string source = Source(directory);
        Attach(source, "/target", new MountOptions { ReadOnly = true, NoExec = true });
        Assert.Contains("ro,", OptionsOf("/target"), StringComparison.Ordinal);
        foreach (string options in (string[])["remount,bind,rw,noexec", "remount,bind,ro,exec", "remount,rw"])
        {
            Assert.NotEqual(0, _container.Run("mount", "-o", options, "/target"));
        }

        Assert.Contains("ro,", OptionsOf("/target"), StringComparison.Ordinal);
        Assert.Contains("noexec", OptionsOf("/target"), StringComparison.Ordinal);
    }

    /// <summary>What the test above would not notice if the kernel refused everything.</summary>
    [Fact]
    public void ItsRootCanRemountWhatIsNot()
    {
        Attach(Source(directory: true), "/target", MountOptions.Default);
        Assert.Equal(0, _container.Run("mount", "-o", "remount,bind,ro", "/target"));
        Assert.Equal(0, _container.Run("mount", "-o", "remount,bind,rw", "/target"));
    }

    [Fact]
    public void MountsBeneathComeAlongAndAreLockedToo()
    {
        string source = Source(directory: true);
        Directory.CreateDirectory(Path.Combine(source, "beneath"));
        Assert.Equal(0, Run("mount", "-t", "tmpfs", "none", Path.Combine(source, "beneath")));
        AttachedMount mount = Attach(source, "/target", new MountOptions { ReadOnly = true });
        Assert.NotEqual(0, _container.Run("mount", "-o", "remount,bind,rw", "/target/beneath"));
        _executor.Execute(_entry, _strategy.Detach(mount));
        Assert.DoesNotContain(_container.Mounts.Mounts, m => m.MountPoint.StartsWith("/target", StringComparison.Ordinal));
    }

    /// <summary>Whatever the rule says: a file system mounted over a directory hides what its owner wants hidden, and read-only on the host is so inside.</summary>
    [Fact]
    public void WhatTheHostHasMountedBeneathCannotBeTakenOffNorItsFlags()
    {
        string source = Source(directory: true);
        string beneath = Path.Combine(source, "beneath");
        Directory.CreateDirectory(beneath);
        File.WriteAllText(Path.Combine(beneath, "hidden"), "");
        Assert.Equal(0, Run("mount", "-t", "tmpfs", "-o", "ro", "none", beneath));
        Attach(source, "/target", MountOptions.Default);
        Assert.NotEqual(0, _container.Run("umount", "-l", "/target/beneath"));
        Assert.NotEqual(0, _container.Run("mount", "-o", "remount,bind,rw", "/target/beneath"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_container.Inside("/target/beneath")));
    }

    [Fact]
    public void WhatBelongsToTheHostsRootIsNotGivenAway()
    {
        MountOptions owner = new() { Owner = new FileOwner(0, 0) };
        MountRefusedException refused = Assert.Throws<MountRefusedException>(() => Attach(Source(directory: true), "/target", owner));
        Assert.Contains("readOnly", refused.Message, StringComparison.Ordinal);
        Attach(Source(directory: true), "/target", owner with { ReadOnly = true });
        Assert.Equal("0:0", _container.OutputOf("stat", "-c", "%u:%g", "/target"));
    }

    [Fact]
    public void WithoutARootInsideNobodyMakesMountPoints()
    {
        using ContainerEntry entry = _container.Open(new IdMap([new IdMapRange(1000, First + 1000, 1)]));
        MountRefusedException refused = Assert.Throws<MountRefusedException>(
            () => _executor.Execute(entry, _strategy.Attach(new MountRequest(Source(directory: false), "/target", MountOptions.Default))));
        Assert.Contains("no root", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReplacingIsAsAlways()
    {
        MountOptions options = new() { ReadOnly = true };
        string source = Source(directory: false);
        AttachedMount mount = Attach(source, "/target", options);
        File.WriteAllText(source + ".new", "two");
        File.Move(source + ".new", source, overwrite: true);
        MountOutcome outcome = _executor.Execute(_entry, _strategy.Replace(new MountRequest(source, "/target", options), mount));
        Assert.NotEqual(mount.MountId, outcome.MountId);
        Assert.Equal("two", File.ReadAllText(_container.Inside("/target")));
        Assert.Single(_container.Mounts.Mounts, m => m.MountPoint == "/target");
    }

    [Fact]
    public void NothingOfTheWayStays()
    {
        for (int i = 0; i < 50; i++)
        {
            _executor.Execute(_entry, _strategy.Detach(Attach(Source(directory: i % 2 == 0), "/target", new MountOptions { ReadOnly = true })));
        }

        Assert.Single(MountTable.OfSelf().Mounts, m => m.MountPoint.StartsWith(_directory["transit"], StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["transit"]));
        _clones.Dispose();
        Assert.DoesNotContain(MountTable.OfSelf().Mounts, m => m.MountPoint.StartsWith(_directory["transit"], StringComparison.Ordinal));
    }

    [Fact]
    public void AnOwnerInsideIsAsConfiguredAndWhatIsWrittenBelongsToTheOwnerOutside()
    {
        string source = Source(directory: true);
        File.SetUnixFileMode(source, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal(0, Run("chown", "-R", "1234:1235", source));
        Attach(source, "/target", new MountOptions { Owner = new FileOwner(0, 0) });
        Assert.Equal("0:0", _container.OutputOf("stat", "-c", "%u:%g", "/target"));
        Assert.Equal(0, _container.Run("sh", "-c", "echo written > /target/new"));
        FileStatus written = FileStatus.OfPath(Path.Combine(source, "new"))!.Value;
        Assert.Equal((1234u, 1235u), (written.Owner, written.Group));
    }

    [Fact]
    public void AnOwnerGoesTogetherWithReadOnly()
    {
        string source = Source(directory: false);
        Assert.Equal(0, Run("chown", "1234:1235", source));
        Attach(source, "/target", new MountOptions { Owner = new FileOwner(7, 8), ReadOnly = true });
        Assert.Equal("7:8", _container.OutputOf("stat", "-c", "%u:%g", "/target"));
        Assert.NotEqual(0, _container.Run("mount", "-o", "remount,bind,rw", "/target"));
    }

    [Fact]
    public void AnOwnerThatTheContainerDoesNotHaveIsRefused()
    {
        MountRefusedException refused = Assert.Throws<MountRefusedException>(
            () => Attach(Source(directory: false), "/target", new MountOptions { Owner = new FileOwner(70000, 0), ReadOnly = true }));
        Assert.Contains("no user 70000", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileSystemThatMapsNoOwnersIsSaidSo()
    {
        KernelException failure = Assert.Throws<KernelException>(
            () => Attach("/dev/null", "/target", new MountOptions { Owner = new FileOwner(7, 8) }));
        Assert.Contains("leave \"owner\" out", FailureAdvice.Explain(failure), StringComparison.Ordinal);
    }

    private AttachedMount Attach(string source, string target, MountOptions options)
    {
        MountOutcome outcome = _executor.Execute(_entry, _strategy.Attach(new MountRequest(source, target, options)));
        return new AttachedMount(target, outcome.MountId, outcome.Made);
    }

    private string Source(bool directory)
    {
        string path = _directory[Guid.NewGuid().ToString()];
        if (directory)
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            File.WriteAllText(path, "one");
        }

        return path;
    }

    private string OptionsOf(string target) =>
        _container.OutputOf("sh", "-c", $"while read -r a b c d p o rest; do test \"$p\" != {target} || echo $o; done < /proc/self/mountinfo");

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
