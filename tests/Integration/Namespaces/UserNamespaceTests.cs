using ContainerManager.Abstractions;
using ContainerManager.Linux;
using ContainerManager.Plugins.Namespaces;
using static ContainerManager.Tests.Integration.Namespaces.NamespacesBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>Root inside is not root outside.</summary>
public sealed class UserNamespaceTests : IAsyncDisposable
{
    private readonly NamespacesBed _bed = new();

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task Its_root_is_somebody_else_outside()
    {
        SubordinateIds ids = SubordinateIds.OfHost();
        using RunningInit init = await _bed.LaunchAsync(
            Script("id -u > /tmp/made; touch /tmp/ready; exec sleep 1000") with { UserNamespace = true }, TestContext.Current.CancellationToken);
        await WhenThereAsync(init.Identity, "/tmp/ready");
        Assert.Equal("0", File.ReadAllText(Inside(init.Identity, "/tmp/made")).Trim());
        FileStatus made = FileStatus.OfPath(Inside(init.Identity, "/tmp/made"))!.Value;
        Assert.Equal((ids.FirstUser, ids.FirstGroup), (made.Owner, made.Group));

        using ContainerEntry entry = _bed.Host.OpenProcess(init.Identity.ProcessId);
        Assert.Equal(new IdMapRange(0, ids.FirstUser, 65536), Assert.Single(entry.UserIds.Ranges));
        Assert.Equal(new IdMapRange(0, ids.FirstGroup, 65536), Assert.Single(entry.GroupIds.Ranges));
        init.Kill();
        await init.WhenEndedAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("touch /usr/written")]
    [InlineData("mount -o remount,rw,bind /usr; touch /usr/written")]
    [InlineData("echo 1 > /proc/sys/kernel/panic")]
    [InlineData("cat /etc/shadow")]
    [InlineData("echo > /proc/1/exe")]
    public async Task It_cannot_touch_the_host(string attempt)
    {
        Assert.NotEqual(0, (await _bed.RunAsync(Script($"{attempt} && exit 0; exit 9") with { UserNamespace = true })).Status);
        Assert.False(File.Exists("/usr/written"));
    }

    [Fact]
    public async Task It_may_mount_inside() =>
        await _bed.OutputOfAsync(Script("mount -t tmpfs none /mnt && touch /mnt/here") with { UserNamespace = true });

    [Theory]
    [InlineData("root:100000:65536", 100000u)]
    [InlineData("someone:1:65536\nroot:100000:65536\ncontainer-manager:300000:65536", 300000u)]
    [InlineData("root:100000:1000", SubordinateIds.Default)]
    [InlineData("root:oops\n\n# no", SubordinateIds.Default)]
    public void Its_ids_come_from_subuid(string file, uint first) => Assert.Equal(first, SubordinateIds.FirstOf(file.Split('\n')));
}
