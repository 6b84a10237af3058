using ContainerManager.Linux;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Podman;

public sealed class NamespaceOwnerTests
{
    [Fact]
    public void The_host_s_belong_to_root()
    {
        using SafeFileHandle mounts = File.OpenHandle("/proc/self/ns/mnt");
        Assert.Equal((0u, 0u), (NamespaceOwner.OfNamespace(mounts), NamespaceOwner.OfProcess(Environment.ProcessId)));
    }

    [Fact]
    public async Task A_user_s_belong_to_the_user()
    {
        using TemporaryDirectory directory = new("owner");
        TestUser user = TestUser.Create(directory);
        string[] command = [.. user.Command, "unshare", "--user", "--mount", "sh", "-c", $"echo > {user.Home}/ready; exec sleep 1000"];
        await using BackgroundProcess process = new(directory["log"], command[0], command[1..]);
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        await FileArrival.WaitAsync(Path.Combine(user.Home, "ready"), deadline.Token);

        using SafeFileHandle mounts = File.OpenHandle($"/proc/{process.Id}/ns/mnt");
        Assert.Equal((user.Id, user.Id), (NamespaceOwner.OfNamespace(mounts), NamespaceOwner.OfProcess(process.Id)));
    }

    [Fact]
    public void What_is_no_namespace_has_none()
    {
        using SafeFileHandle file = File.OpenHandle("/proc/self/stat");
        Assert.Contains("NS_GET_USERNS", Assert.Throws<KernelException>(() => NamespaceOwner.OfNamespace(file)).Message, StringComparison.Ordinal);
        Assert.Throws<KernelException>(() => NamespaceOwner.OfProcess(int.MaxValue));
    }
}
