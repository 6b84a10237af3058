using System.Globalization;
using ContainerManager.Host.Udev;
using ContainerManager.Tests.Control;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>What udevd tells nobody, or in vain: it is killed and started again, or the server's socket is full. Containers have what is there all the same.</summary>
[Collection(nameof(AloneCollection))]
public sealed class UdevdOutageTests : IAsyncLifetime
{
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly VirtualConsole _console = new(55);
    private UdevBed? _udev;
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _udev = await UdevBed.StartAsync();

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => _runtime.RemoveAsync(Server, _name)),
        CleanUp.Of(_server),
        CleanUp.Of(_console),
        CleanUp.Of(_udev));

    [Fact]
    public async Task WhatWasUnpluggedMeanwhileIsGoneAndWhatIsPluggedInAfterwardsComes()
    {
        _console.Plug();
        await UdevBed.SettleAsync();
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": { "{{_name}}": { "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}" }] } } }
            """);
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
        await Server.UntilBindingAsync(_name, _console.Node, "attached");

        await _udev!.KillDaemonAsync();
        await _console.UnplugAsync();
        await _udev.StartDaemonAgainAsync();
        await Server.UntilGoneAsync(_name, _console.Node);

        _console.Plug();
        await Server.UntilBindingAsync(_name, _console.Node, "attached");
    }

    /// <param name="withoutDescriptors">There is none to look with when the loss is noticed, but later.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatFindsNoRoomInTheSocketIsMadeUpFor(bool withoutDescriptors)
    {
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": { "{{_name}}": { "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}" }] } } }
            """);
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
        await Server.UntilBindingAsync(_name, "/run/udev", "attached");
        using HttpClient http = ServedEngine.Client(Server.Socket);
        Assert.Contains("container_manager_rescans_total{source=\"uevents\"} 0", await http.GetStringAsync("/metrics", Stop), StringComparison.Ordinal);

        string usual = await PrlimitAsync("--nofile", "--output=SOFT", "--noheadings", "--raw");
        await SignalAsync("STOP");
        try
        {
            Fill();
            _console.Plug();
            await UdevBed.SettleAsync();
            if (withoutDescriptors)
            {
                await PrlimitAsync("--nofile=10:");
            }
        }
        finally
        {
            await SignalAsync("CONT");
        }

        if (withoutDescriptors)
        {
            await Server.UntilLoggedAsync("the devices of the host cannot be listed");
            await PrlimitAsync($"--nofile={usual}:");
        }

        await Server.UntilBindingAsync(_name, _console.Node, "attached");
        await Server.UntilLoggedAsync("events of devices were lost");
        Assert.Matches("container_manager_rescans_total{source=\"uevents\"} [1-9]", await http.GetStringAsync("/metrics", Stop));
    }

    /// <summary>More than the 256 MiB that the server's socket holds (socket(7): the kernel doubles what is asked for); of a device that no rule means.</summary>
    private static void Fill()
    {
        byte[] message = LibudevFormat.Write(
            [new("ACTION", "change"), new("DEVPATH", "/devices/virtual/none/none"), new("SUBSYSTEM", "none"), new("SEQNUM", "1"), new("FILL", new string('x', 7000))], "none", null, []);
        using SafeFileHandle network = File.OpenHandle("/proc/self/ns/net");
        using Linux.UeventSender sender = Linux.UeventSender.In(network);
        for (int sent = 0; sent < 300 << 20; sent += message.Length)
        {
            sender.Send(Linux.UeventGroup.Udev, message, 0, 0);
        }
    }

    /// <summary>How many descriptors the server may have; what it has stays open.</summary>
    private async Task<string> PrlimitAsync(params string[] arguments) =>
        (await Command.RunAsync("prlimit", [string.Create(CultureInfo.InvariantCulture, $"--pid={Server.ProcessId}"), .. arguments])).OutputOrThrow().Trim();

    private async Task SignalAsync(string signal) =>
        (await Command.RunAsync("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {Server.ProcessId}")])).OutputOrThrow();
}
