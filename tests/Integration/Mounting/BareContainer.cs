using System.Diagnostics;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Integration.Mounting;

/// <summary>
/// The least that can be called a container: a process in a mount namespace of its own, its root a tmpfs. Small enough to make one for each
/// test of the mount executor; no plugin, no engine.
/// </summary>
internal sealed class BareContainer : IDisposable
{
    private readonly Process _process;

    internal BareContainer(string setUp = "")
    {
        string directory = Directory.CreateTempSubdirectory("cm-bare-").FullName;
        _process = Process.Start(new ProcessStartInfo("unshare",
        [
            "--mount", "--propagation", "private", "/bin/sh", "-euc",
            $"""
            mount -t tmpfs none {directory}; cd {directory}; mkdir -p bin tmp proc old; cp /bin/busybox bin/; mount -t proc none proc
            bin/busybox pivot_root . old
            /bin/busybox umount -l /old
            {setUp}
            echo ready
            exec /bin/busybox sleep 1000000
            """,
        ]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        try
        {
            Assert.Equal("ready", _process.StandardOutput.ReadLine());
        }
        finally
        {
            Directory.Delete(directory);
        }
    }

    internal int ProcessId => _process.Id;

    internal string Inside(string path) => $"/proc/{_process.Id}/root{path}";

    internal MountTable Mounts => MountTable.OfProcess(_process.Id);

    internal ContainerEntry Open()
    {
        ProcessHandles handles = ProcessHandles.Open(_process.Id);
        return new ContainerEntry
        {
            Process = handles.Process,
            MountNamespace = handles.MountNamespace,
            Root = handles.Root,
            UserIds = new IdMap([new IdMapRange(0, 0, uint.MaxValue)]),
            GroupIds = new IdMap([new IdMapRange(0, 0, uint.MaxValue)]),
            Cgroups = new Dictionary<string, string>(),
        };
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
