using System.Globalization;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>A cgroup of version 2 with a device program as runtimes attach it: null and zero are allowed, nothing else.</summary>
internal sealed class ProgrammedCgroup : IDisposable
{
    private const uint AllowMulti = 2;

    /// <summary>Compiled by hand as runc does it: two rules for character device 1:3 and 1:5, then deny.</summary>
    internal static readonly ulong[] Program =
    [
        0x00000000_00001261, // r2 = type and access
        0x0000FFFF_00000254, // w2 &= 0xffff
        0x00000000_00041461, // r4 = major
        0x00000000_00081561, // r5 = minor
        0x00000002_00050255, // if r2 != character goto deny
        0x00000001_00040455, // if r4 != 1 goto deny
        0x00000003_00010515, // if r5 == 3 goto allow
        0x00000005_00020555, // if r5 != 5 goto deny
        0x00000001_000000B7, // allow: r0 = 1
        0x00000000_00000095,
        0x00000000_000000B7, // deny: r0 = 0
        0x00000000_00000095,
    ];

    private readonly string _mount = MountTable.OfSelf().Mounts.First(mount => mount.FileSystemType == "cgroup2").MountPoint;

    internal ProgrammedCgroup()
    {
        Path = System.IO.Path.Combine(_mount, string.Create(CultureInfo.InvariantCulture, $"cm-test-{Environment.ProcessId}"));
        Directory.CreateDirectory(Path);
        using SafeFileHandle program = DeviceProgram.Load(Program), cgroup = OwnDirectory.OpenToRead(Path);
        DeviceProgram.Attach(cgroup, program, AllowMulti);
    }

    internal string Path { get; }

    /// <summary>The instructions that are attached now.</summary>
    internal ulong[] Attached
    {
        get
        {
            using SafeFileHandle cgroup = OwnDirectory.OpenToRead(Path);
            using SafeFileHandle program = DeviceProgram.Open(Assert.Single(DeviceProgram.Attached(cgroup, out _)));
            return DeviceProgram.InstructionsOf(program);
        }
    }

    /// <summary>What systemd does at a daemon-reload: its own program takes the place of whatever is there.</summary>
    internal void SetAnew()
    {
        using SafeFileHandle program = DeviceProgram.Load(Program), cgroup = OwnDirectory.OpenToRead(Path);
        using SafeFileHandle old = DeviceProgram.Open(Assert.Single(DeviceProgram.Attached(cgroup, out uint flags)));
        DeviceProgram.Replace(cgroup, program, old, flags);
    }

    internal void Add(int processId) => File.WriteAllText(Path + "/cgroup.procs", processId.ToString(CultureInfo.InvariantCulture));

    /// <summary>Runs a program in the cgroup.</summary>
    internal Task<CommandResult> RunAsync(params string[] command) =>
        Command.RunAsync("sh", ["-c", $"echo $$ > {Path}/cgroup.procs; exec \"$@\"", "sh", .. command]);

    /// <summary>Whether a process in the cgroup may open a node for reading and writing.</summary>
    internal async Task<bool> OpensAsync(string node)
    {
        CommandResult result = await RunAsync("sh", "-c", $"exec 3<>{node}");
        Assert.True(result.ExitCode == 0 || result.Error.Contains("Operation not permitted", StringComparison.Ordinal), result.Error);
        return result.ExitCode == 0;
    }

    public void Dispose()
    {
        File.WriteAllText(Path + "/cgroup.kill", "1");
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        while (File.ReadAllText(Path + "/cgroup.procs").Length > 0)
        {
            deadline.Token.ThrowIfCancellationRequested();
            Thread.Yield();
        }

        Directory.Delete(Path);
    }
}
