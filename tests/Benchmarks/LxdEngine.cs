using System.Diagnostics;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>An LXD of the benchmark's own, with one container.</summary>
internal sealed class LxdEngine : IAsyncDisposable
{
    private const string Container = "cm-bench";
    private readonly string _directory = Directory.CreateTempSubdirectory("container-manager-lxd-").FullName;
    private Process? _daemon;

    /// <summary>Null: no LXD is installed.</summary>
    internal static async Task<LxdEngine?> StartAsync()
    {
        if (!File.Exists("/usr/sbin/lxd") && !File.Exists("/usr/bin/lxd"))
        {
            return null;
        }

        LxdEngine engine = new();
        try
        {
            await engine.BeginAsync();
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>The container's first process.</summary>
    internal int ProcessId { get; private set; }

    /// <summary>Has a character device of the host given to the container whenever it is there.</summary>
    internal void Give(string node) => Lxc("config", "device", "add", Container, "bench", "unix-char", "source=" + node, "path=" + node, "required=false");

    public async ValueTask DisposeAsync()
    {
        if (_daemon is { HasExited: false })
        {
            try
            {
                Lxc("delete", "--force", Container);
            }
            finally
            {
                // It has no container left, and takes minutes to end by itself.
                _daemon.Kill();
                await _daemon.WaitForExitAsync();
            }
        }

        foreach (string mount in File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4]).Where(point => point.StartsWith(_directory, StringComparison.Ordinal)).Reverse())
        {
            Programs.Run("umount", "--lazy", mount);
        }

        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>A network of its own: it would call out to the world.</summary>
    private async Task BeginAsync()
    {
        _daemon = Programs.Start("unshare", "--net", "env", "LXD_DIR=" + _directory, "lxd", "--group", "root", "--logfile=" + Path.Combine(_directory, "log"));
        _ = _daemon.StandardError.BaseStream.CopyToAsync(Stream.Null);
        Programs.Run("env", "LXD_DIR=" + _directory, "lxd", "waitready", "--timeout=60");
        Lxc("storage", "create", "default", "dir");
        Lxc("profile", "device", "add", "default", "root", "disk", "path=/", "pool=default");
        string image = Path.Combine(_directory, "image");
        Directory.CreateDirectory(Path.Combine(image, "rootfs/etc"));
        Directory.CreateDirectory(Path.Combine(image, "templates"));
        await File.WriteAllTextAsync(Path.Combine(image, "metadata.yaml"), $"architecture: {Architecture}\ncreation_date: 1700000000\nproperties: {{os: busybox}}\ntemplates: {{}}\n");
        await BusyboxRoot.WriteTarAsync(Path.Combine(_directory, "busybox.tar"));
        Programs.Run("tar", "--extract", "--directory", Path.Combine(image, "rootfs"), "--file", Path.Combine(_directory, "busybox.tar"));
        await File.WriteAllTextAsync(Path.Combine(image, "rootfs/etc/inittab"), "::sysinit:/bin/true\n");
        Directory.CreateDirectory(Path.Combine(image, "rootfs/sbin"));
        if (!Path.Exists(Path.Combine(image, "rootfs/sbin/init")))
        {
            File.CreateSymbolicLink(Path.Combine(image, "rootfs/sbin/init"), "../bin/busybox");
        }

        Programs.Run("tar", "--create", "--directory", image, "--file", Path.Combine(_directory, "image.tar"), "metadata.yaml", "templates", "rootfs");
        Lxc("image", "import", Path.Combine(_directory, "image.tar"), "--alias", "busybox");
        Lxc("launch", "busybox", Container);
        ProcessId = int.Parse(Lxc("info", Container).Split('\n').Single(line => line.StartsWith("PID:", StringComparison.Ordinal))[4..].Trim());
    }

    private static string Architecture => System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "aarch64" : "x86_64";

    /// <summary>The command line that has a directory or file of the host mounted in the container.</summary>
    internal string[] AddDisk(string source, string path) => ["env", .. Words("config", "device", "add", Container, "bench", "disk", "source=" + source, "path=" + path)];

    /// <summary>The one that undoes <see cref="AddDisk"/>.</summary>
    internal string[] RemoveDisk() => ["env", .. Words("config", "device", "remove", Container, "bench")];

    private string Lxc(params IEnumerable<string> arguments) => Programs.Run("env", Words(arguments));

    private string[] Words(params IEnumerable<string> arguments) => ["LXD_DIR=" + _directory, "HOME=" + _directory, "lxc", "--quiet", .. arguments];
}
