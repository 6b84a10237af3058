using System.Diagnostics;
using ContainerManager.Host.Devices;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>Permission on cgroup v2, with real programs in a real cgroup.</summary>
[Collection(nameof(AloneCollection))]
public sealed class DeviceProgramsTests : IDisposable
{
    private static readonly DeviceNumber Full = new(false, 1, 7);
    private readonly ProgrammedCgroup _cgroup = new();
    private readonly TemporaryDirectory _directory = new("grants");

    private GrantRecord Record => new(_directory["grants"], () => "run");

    public void Dispose()
    {
        _cgroup.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_grant_allows_one_device_and_comes_off_without_a_trace()
    {
        using DevicePrograms programs = new([_cgroup.Path], Record);
        Assert.Equal((true, false, false), await SeenAsync());

        Assert.Equal([Full], programs.Set([Full]));
        Assert.Equal((true, true, false), await SeenAsync());
        Assert.True(programs.IsUntouched());
        Assert.Equal([Full], GrantProgram.GrantsOf(_cgroup.Attached));

        Assert.Empty(programs.Set([]));
        Assert.Equal((true, false, false), await SeenAsync());
        Assert.Equal(ProgrammedCgroup.Program, _cgroup.Attached);
    }

    [Fact]
    public void What_the_runtime_allows_itself_is_not_granted()
    {
        using DevicePrograms programs = new([_cgroup.Path], Record);
        Assert.Empty(programs.Set([new DeviceNumber(false, 1, 3)]));
        Assert.Equal(ProgrammedCgroup.Program, _cgroup.Attached);
    }

    [Fact]
    public async Task A_server_that_was_killed_leaves_a_grant_that_the_next_takes_over()
    {
        using (DevicePrograms killed = new([_cgroup.Path], Record))
        {
            killed.Set([Full, new DeviceNumber(false, 1, 8)]);
            Assert.Equal(2, Record.Devices.Count);
        }

        using DevicePrograms next = new([_cgroup.Path], Record);
        next.Set([Full]);
        Assert.Equal((true, true, false), await SeenAsync());
        Assert.Equal([Full], GrantProgram.GrantsOf(_cgroup.Attached));
        next.Set([]);
        Assert.Equal(ProgrammedCgroup.Program, _cgroup.Attached);
        Assert.Empty(Record.Devices);
    }

    [Fact]
    public void A_cgroup_above_that_denies_is_named()
    {
        string inner = _cgroup.Path + "/inner";
        Directory.CreateDirectory(inner);
        try
        {
            using SafeFileHandle program = DeviceProgram.Load(ProgrammedCgroup.Program), cgroup = OwnDirectory.OpenToRead(inner);
            DeviceProgram.Attach(cgroup, program, 2);
            using DevicePrograms programs = new([inner, _cgroup.Path], Record);
            Assert.Contains(_cgroup.Path, Assert.ThrowsAny<IOException>(() => programs.Set([Full])).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(inner);
        }
    }

    /// <summary>The whole server on a machine with cgroup v2 only: daemon-reload takes the permission away, and nobody has to do anything.</summary>
    [Fact]
    public async Task What_a_daemon_reload_takes_away_is_back_within_a_tenth_of_a_second()
    {
        string name = $"cm-{Guid.NewGuid():N}"[..20];
        await using VirtualConsole console = new(51);
        console.Plug();
        NamespacesScenarioRuntime runtime = new();
        await using ServerUnderTest server = new(["Namespaces"], $$"""{ "containerConfigs": { "{{name}}": { "_automount": { "{{console.Node}}": "Absolute" } } } }""")
        {
            Wrapper = ["unshare", .. Cgroup2Only.Command],
        };
        await server.StartAsync();
        await runtime.StartAsync(server, name);
        await server.UntilBindingAsync(name, console.Node, "attached");
        int processId = (await server.StatusAsync()).Containers.Single().ProcessId!.Value;
        string node = $"/proc/{processId}/root{console.Node}";

        // The next server finds the container in this cgroup.
        await server.KillAsync();
        _cgroup.Add(processId);
        Assert.False(await _cgroup.OpensAsync(node));
        await server.StartAsync();
        BindingStatus binding = await server.UntilBindingAsync(name, console.Node, "attached");
        Assert.Null(binding.Reason);
        Assert.True(await _cgroup.OpensAsync(node));

        Task renewed = server.UntilLoggedAsync("PermissionRenewed");
        long start = Stopwatch.GetTimestamp();
        _cgroup.SetAnew();
        await renewed;
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        TestContext.Current.TestOutputHelper?.WriteLine($"back after {taken.TotalMilliseconds:0.0} ms");
        Assert.True(await _cgroup.OpensAsync(node));
        Assert.InRange(taken.TotalMilliseconds, 0, 100);

        await console.UnplugAsync();
        await server.UntilGoneAsync(name, console.Node);
        Assert.Equal(ProgrammedCgroup.Program, _cgroup.Attached);
        await runtime.RemoveAsync(server, name);
    }

    private async Task<(bool Null, bool Full, bool Random)> SeenAsync() =>
        (await _cgroup.OpensAsync("/dev/null"), await _cgroup.OpensAsync("/dev/full"), await _cgroup.OpensAsync("/dev/random"));
}
