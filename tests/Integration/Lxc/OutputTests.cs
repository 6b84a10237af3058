using ContainerManager.Plugins.Lxc;

namespace ContainerManager.Tests.Integration.Lxc;

/// <summary>What LXC's programs write, read strictly.</summary>
public sealed class OutputTests
{
    [Theory]
    [InlineData("'web' changed state to [RUNNING]", "web")]
    [InlineData("'a b' exited with status [137]", "a b")]
    [InlineData("'web' exited with status [-1]", "web")]
    [InlineData("'web' changed state to [RUNNING] ", null)]
    [InlineData("'we'b' changed state to [RUNNING]", null)]
    [InlineData("'../web' changed state to [RUNNING]", null)]
    [InlineData("'' changed state to [RUNNING]", null)]
    [InlineData("web", null)]
    [InlineData("", null)]
    public void A_line_of_lxc_monitor_names_a_container_or_nobody_knows(string line, string? container) =>
        Assert.Equal(container, MonitorLine.Container(line));

    [Theory]
    [InlineData("State:          RUNNING\nPID:            16190\nhost\n", true, 16190, "host")]
    [InlineData("State:          FROZEN\nPID:            16190\n", true, 16190, null)]
    [InlineData("State:          THAWED\nPID:            1\n", true, 1, null)]
    [InlineData("State:          RUNNING\n", false, null, null)]
    [InlineData("State:          STARTING\nPID:            16190\nhost\n", false, 16190, "host")]
    [InlineData("State:          STOPPED\nhost\n", false, null, "host")]
    public void The_answer_of_lxc_info_is_understood(string output, bool runs, int? processId, string? hostName)
    {
        ContainerInfo info = ContainerInfo.Parse(output);
        Assert.Equal((runs, processId, hostName), (info.Runs, info.ProcessId, info.HostName));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PID: 1\n")]
    [InlineData("State: DANCING\n")]
    [InlineData("State: RUNNING\nPID: -1\n")]
    [InlineData("State: RUNNING\nPID: 1x\n")]
    public void Another_answer_is_an_error(string output) => Assert.Throws<InvalidDataException>(() => ContainerInfo.Parse(output));
}
