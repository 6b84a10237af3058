using ContainerManager.Abstractions;
using ContainerManager.Linux;
using ContainerManager.Plugins.Namespaces;
using Microsoft.Win32.SafeHandles;
using static ContainerManager.Tests.Integration.Namespaces.NamespacesBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>What a program sees in a container with the host's /usr.</summary>
public sealed class HostUsrTests : IAsyncDisposable
{
    private readonly NamespacesBed _bed = new();

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task It_sees_processes_of_its_own_only()
    {
        string[] seen = (await _bed.OutputOfAsync(Script("tr '\\0' ' ' < /proc/1/cmdline; echo; ls -d /proc/[0-9]* | wc -l"))).Split('\n');
        Assert.Contains("client init --name box", seen[0], StringComparison.Ordinal);
        // Process 1, the shell, and the two of the pipe.
        Assert.InRange(int.Parse(seen[1], System.Globalization.CultureInfo.InvariantCulture), 2, 4);
    }

    [Fact]
    public async Task Its_host_name_is_its_name()
    {
        Assert.Equal("box-7", await _bed.OutputOfAsync(Script("hostname", "box-7")));
        Assert.NotEqual("box-7", File.ReadAllText("/proc/sys/kernel/hostname").Trim());
    }

    [Theory]
    [InlineData("touch /usr/written")]
    [InlineData("touch /etc/ssl/written")]
    [InlineData("echo 1 > /proc/sys/kernel/panic")]
    [InlineData("mkdir /sys/fs/cgroup/written")]
    [InlineData("mount -o remount,rw,bind /usr")]
    [InlineData("mknod /dev/disk b 254 0")]
    [InlineData("head -c 1 /proc/1/fd/3")]
    public async Task It_cannot_touch_the_host(string attempt) =>
        Assert.NotEqual(0, (await _bed.RunAsync(Script($"{attempt} && exit 0; exit 9"))).Status);

    [Fact]
    public async Task Its_network_is_private_with_loopback_up()
    {
        string interfaces = await _bed.OutputOfAsync(Script("ip -brief address"));
        Assert.StartsWith("lo", interfaces, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1/8", interfaces, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', interfaces);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_has_the_hosts_network_when_asked_for(bool userNamespace)
    {
        LaunchRequest request = Script("readlink /proc/self/ns/net; ls /sys/class/net") with { HostNetwork = true, UserNamespace = userNamespace };
        string[] seen = (await _bed.OutputOfAsync(request)).Split('\n');
        Assert.Equal(SymbolicLink.Read("/proc/self/ns/net"), seen[0]);
        Assert.Equal(Directory.GetDirectories("/sys/class/net").Length, seen.Length - 1);
    }

    [Fact]
    public async Task It_has_the_usual_devices_and_directories()
    {
        string script = """
            set -e
            for d in null zero full random urandom tty; do test -c /dev/$d; done
            echo lost > /dev/null; test "$(head -c 4 /dev/zero | od -An -tx1)" = " 00 00 00 00"
            test -c /dev/ptmx; script -qec true /dev/null < /dev/null > /dev/null
            test -L /dev/fd; test -L /dev/stdout
            test "$(stat -c %a /tmp /dev/shm /var/tmp | uniq)" = 1777
            touch /run/here /tmp/here /dev/shm/here; test -d "$HOME"
            test "$container" = container-manager; test "$(umask)" = 0022
            test "$(stat -c %a /root)" = 700; test "$(id -un)" = root
            test "$(stat -c %t /)" = "$(stat -c %t /etc)"
            """;
        await _bed.OutputOfAsync(Script(script));
    }

    [Fact]
    public async Task Programs_of_the_host_run()
    {
        Assert.StartsWith("Python", await _bed.OutputOfAsync(new LaunchRequest { Name = "box", Command = ["python3", "--version"] }), StringComparison.Ordinal);
        Assert.Contains("GNU", await _bed.OutputOfAsync(Script("awk --version 2>&1 || sed --version")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_the_host_is_open_inside()
    {
        using SafeFileHandle inheritable = OpenInheritable("/proc/version");
        using RunningInit init = await _bed.LaunchAsync(Script("touch /tmp/ready; sleep 1000 & wait"), TestContext.Current.CancellationToken);
        await WhenThereAsync(init.Identity, "/tmp/ready");
        int payload = ProcFiles.OnlyChildOf(init.Identity.ProcessId);
        string[] its = Descriptors(payload);
        Assert.Equal(["/dev/null", its[1], its[1]], its);
        Assert.StartsWith("pipe:", its[1], StringComparison.Ordinal);
        string[] own = [.. Descriptors(init.Identity.ProcessId).Where(target => target is not ("/dev/null" or "/run/payload.log" or "anon_inode:[eventpoll]"))];
        Assert.All(own, target => Assert.StartsWith("pipe:", target, StringComparison.Ordinal));
        // The payload's pipe, the report's, and both ends of the one that the runtime wakes itself with.
        Assert.Contains(its[1], own);
        Assert.Equal(3, own.Distinct().Count());
        init.Kill();
        await init.WhenEndedAsync(TestContext.Current.CancellationToken);
    }

    private static string[] Descriptors(int processId) =>
        [.. new DirectoryInfo($"/proc/{processId}/fd").GetFiles().OrderBy(file => int.Parse(file.Name, System.Globalization.CultureInfo.InvariantCulture)).Select(file => file.LinkTarget!)];

    /// <summary>As a careless part of the server would: every child gets it.</summary>
    private static unsafe SafeFileHandle OpenInheritable(string path)
    {
        fixed (byte* bytes = System.Text.Encoding.UTF8.GetBytes(path + "\0"))
        {
            return new SafeFileHandle(Tmds.Linux.LibC.open(bytes, Tmds.Linux.LibC.O_RDONLY), ownsHandle: true);
        }
    }
}
