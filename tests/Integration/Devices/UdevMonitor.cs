using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>udevadm(8) of the host that listens in a container, where the host's /usr is at /host-usr. It ends with the container.</summary>
internal sealed class UdevMonitor
{
    /// <summary>The host's own, by the host's loader: nothing is asked of the image, and it knows nothing of us.</summary>
    internal static readonly string Udevadm = RuntimeInformation.OSArchitecture == Architecture.Arm64
        ? Loaded("aarch64-linux-gnu", "ld-linux-aarch64.so.1")
        : Loaded("x86_64-linux-gnu", "ld-linux-x86-64.so.2");

    private readonly GrowingFile _log;
    private readonly ServerUnderTest _server;
    private readonly TimeSpan _deadline;

    private UdevMonitor(ServerUnderTest server, string log, Task ended, TimeSpan deadline) => (_server, _log, Ended, _deadline) = (server, new GrowingFile(log), ended, deadline);

    /// <summary>Faulted, when it was killed with its container.</summary>
    internal Task Ended { get; }

    internal string Text => _log.Text;

    private static string Loaded(string libraries, string loader) =>
        $"/host-usr/lib/{libraries}/{loader} --library-path /host-usr/lib/{libraries}:/host-usr/lib/{libraries}/systemd /host-usr/bin/udevadm";

    /// <summary>Returns when it listens.</summary>
    /// <param name="runtime">Starts it, by the runtime's own means.</param>
    /// <param name="server">For its log, when something is not heard in time.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="processId">A process in the container.</param>
    /// <param name="options">Of <c>udevadm monitor</c>.</param>
    /// <param name="deadline">How long is waited for what it should hear.</param>
    internal static async Task<UdevMonitor> StartAsync(
        IScenarioRuntime runtime, ServerUnderTest server, string container, int processId, string options, TimeSpan deadline)
    {
        string log = $"/tmp/monitor-{Guid.NewGuid():N}.log";
        Task ended = runtime.ExecAsync(server, container, "sh", "-c", $"exec {Udevadm} monitor {options} > {log} 2>&1");
        UdevMonitor monitor = new(server, $"/proc/{processId}/root{log}", ended, deadline);
        await monitor.UntilAsync(text => text.Contains("\n\n", StringComparison.Ordinal));
        return monitor;
    }

    /// <summary>How often it has heard of something done to a device.</summary>
    internal int Times(string action, string devPath) =>
        Regex.Count(Text, $@"^(UDEV|KERNEL) *\[.*\] {action} +{Regex.Escape(devPath)} ", RegexOptions.Multiline);

    /// <summary>Waits until it has heard something so many times, and no more.</summary>
    internal async Task HeardAsync(string action, string devPath, int times)
    {
        await UntilAsync(_ => Times(action, devPath) >= times);
        Assert.Equal(times, Times(action, devPath));
    }

    internal async Task UntilAsync(Func<string, bool> condition)
    {
        try
        {
            await _log.UntilAsync(condition, _deadline);
        }
        catch (TimeoutException late)
        {
            Assert.Fail($"{late.Message}\nserver:\n{_server.Log}");
        }
    }
}
