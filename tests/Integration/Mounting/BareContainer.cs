using System.Diagnostics;
using System.Globalization;
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
    private readonly Process? _userNamespace;
    private readonly IdMap _ids;

    /// <param name="setUp">Shell commands to run inside first.</param>
    /// <param name="firstId">The host's id of its root, in a user namespace of its own; null: no such.</param>
    internal BareContainer(string setUp = "", uint? firstId = null)
    {
        _ids = new IdMap([firstId is { } first ? new IdMapRange(0, first, 65536) : new IdMapRange(0, 0, uint.MaxValue)]);
        string directory = Directory.CreateTempSubdirectory("cm-bare-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        _userNamespace = firstId is { } id ? HoldUserNamespace(id) : null;
        string[] user = _userNamespace is null ? []
            : [$"--user=/proc/{_userNamespace.Id}/ns/user", "--setuid", "0", "--setgid", "0", "--"];
        _process = Process.Start(new ProcessStartInfo("nsenter",
        [
            .. user, "unshare", "--mount", "--propagation", "private", "/bin/sh", "-euc",
            $"""
            mount -t tmpfs none {directory}; cd {directory}; mkdir -p bin tmp proc old; cp /bin/busybox bin/; mount --rbind /proc proc
            for applet in sh mount umount stat sleep; do bin/busybox ln -s busybox bin/$applet; done
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

    internal MountTable Mounts => MountTable.OfProcess(ProcessId);

    internal string Inside(string path) => $"/proc/{ProcessId}/root{path}";

    /// <summary>Runs a program as its root; returns the exit code.</summary>
    internal int Run(params string[] command) => Enter(command).ExitCode;

    /// <summary>The same; returns what it wrote. Throws when it does not exit with 0.</summary>
    internal string OutputOf(params string[] command) => Enter(command) is { ExitCode: 0 } done
        ? done.Output.Trim()
        : throw new InvalidOperationException($"{string.Join(' ', command)} failed");

    /// <param name="ids">Other maps than its own.</param>
    internal ContainerEntry Open(IdMap? ids = null)
    {
        ProcessHandles handles = ProcessHandles.Open(ProcessId);
        return new ContainerEntry
        {
            Process = handles.Process,
            MountNamespace = handles.MountNamespace,
            NetworkNamespace = handles.NetworkNamespace,
            Root = handles.Root,
            UserIds = ids ?? _ids,
            GroupIds = ids ?? _ids,
            Cgroups = new Dictionary<string, string>(),
        };
    }

    public void Dispose()
    {
        foreach (Process process in (Process[])[_process, .. _userNamespace is null ? Array.Empty<Process>() : [_userNamespace]])
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }

    /// <summary>A process that is only there so that others can enter its user namespace.</summary>
    private static Process HoldUserNamespace(uint first)
    {
        Process holder = Process.Start(new ProcessStartInfo("unshare", ["--user", "/bin/sh", "-c", "echo born; exec /bin/busybox sleep 1000000"])
            { RedirectStandardOutput = true })!;
        Assert.Equal("born", holder.StandardOutput.ReadLine());
        File.WriteAllText($"/proc/{holder.Id}/uid_map", $"0 {first} 65536");
        File.WriteAllText($"/proc/{holder.Id}/gid_map", $"0 {first} 65536");
        return holder;
    }

    private (int ExitCode, string Output) Enter(string[] command)
    {
        string[] user = _ids.Ranges[0].Outside == 0 ? [] : ["--user", "--setuid", "0", "--setgid", "0"];
        using Process process = Process.Start(new ProcessStartInfo("nsenter",
            ["--target", ProcessId.ToString(CultureInfo.InvariantCulture), .. user, "--mount", "--root", "--wd", "--", .. command])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
