using ContainerManager.Linux;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Mounting;

/// <summary>As whom mount points are made and taken away.</summary>
public sealed class MountPointTests : IDisposable
{
    private static readonly FileSystemUser s_user = new(100_000, 100_000);
    private readonly TemporaryDirectory _directory = new("mountpoint");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_made_belongs_to_the_user(bool directory)
    {
        using SafeFileHandle parent = Make(s_user.User, "755");
        Assert.True(MountPoint.Create(parent, "new", directory, s_user));
        Assert.False(MountPoint.Create(parent, "new", directory, s_user));
        FileStatus made = FileStatus.OfPath(_directory["parent/new"])!.Value;
        Assert.Equal((s_user.User, s_user.Group), (made.Owner, made.Group));
        Assert.True(MountPoint.TryRemove(parent, "new", directory, s_user));
        Assert.False(MountPoint.TryRemove(parent, "new", directory, s_user));
    }

    [Fact]
    public void Nothing_is_done_that_the_user_may_not_do()
    {
        using SafeFileHandle parent = Make(0, "755");
        File.WriteAllText(_directory["parent/there"], "");
        Assert.Equal(Tmds.Linux.LibC.EACCES, Assert.Throws<KernelException>(() => MountPoint.Create(parent, "new", false, s_user)).Errno);
        Assert.Equal(Tmds.Linux.LibC.EACCES, Assert.Throws<KernelException>(() => MountPoint.TryRemove(parent, "there", false, s_user)).Errno);
        Assert.True(File.Exists(_directory["parent/there"]));
    }

    [Fact]
    public void Modes_are_overridden_only_on_demand_and_our_own_power_is_back_after()
    {
        using SafeFileHandle parent = Make(s_user.User, "555");
        Assert.Equal(Tmds.Linux.LibC.EACCES, Assert.Throws<KernelException>(() => MountPoint.Create(parent, "new", true, s_user)).Errno);
        string before = Capabilities();
        Assert.True(MountPoint.Create(parent, "new", true, s_user with { OverridesModes = true }));
        Assert.Equal(s_user.User, FileStatus.OfPath(_directory["parent/new"])!.Value.Owner);
        Assert.True(MountPoint.TryRemove(parent, "new", true, s_user with { OverridesModes = true }));
        Assert.Equal(before, Capabilities());
    }

    private static string Capabilities() => string.Join(
        '\n', File.ReadLines("/proc/thread-self/status").Where(line => line.StartsWith("Cap", StringComparison.Ordinal) || line.StartsWith("Uid", StringComparison.Ordinal)));

    private SafeFileHandle Make(uint owner, string mode)
    {
        string path = _directory["parent"];
        Directory.CreateDirectory(path);
        Command.RunAsync("chown", [$"{owner}:{owner}", path]).GetAwaiter().GetResult().OutputOrThrow();
        Command.RunAsync("chmod", [mode, path]).GetAwaiter().GetResult().OutputOrThrow();
        return RootedPath.Open(Root, "/parent", directory: true)!;
    }

    private SafeFileHandle Root => ProcessRoot(_directory.FullPath);

    private static SafeFileHandle ProcessRoot(string path)
    {
        using SafeFileHandle host = ProcessHandles.Open(Environment.ProcessId).Root;
        return RootedPath.Open(host, path, directory: true)!;
    }
}
