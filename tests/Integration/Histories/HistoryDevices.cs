using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Histories;

/// <summary>The devices that the rules of a history mean, and the udevd that tells of them.</summary>
internal sealed class HistoryDevices : IAsyncDisposable
{
    private readonly VirtualConsole[] _consoles = [new(56), new(57)];
    private readonly UdevBed _udev;

    private HistoryDevices(UdevBed udev) => _udev = udev;

    /// <summary>Members of a container's rules.</summary>
    internal string Rules => $$"""
        "_filter_udev_events": true, "_udev_filters": [{{string.Join(", ", _consoles.Select(console => $"{{ \"devnode\": \"{console.Node}\" }}"))}}]
        """;

    internal IEnumerable<string> Nodes => _consoles.Select(console => console.Node);

    internal IEnumerable<string> Plugged => Nodes.Where(File.Exists);

    /// <summary>None is plugged in.</summary>
    internal static async Task<HistoryDevices> BeginAsync()
    {
        HistoryDevices devices = new(await UdevBed.StartAsync());
        await devices.ClearAsync();
        return devices;
    }

    internal void Plug(int which) => _consoles[which].Plug();

    internal Task UnplugAsync(int which) => File.Exists(_consoles[which].Node) ? _consoles[which].UnplugAsync() : Task.CompletedTask;

    /// <summary>It comes again as its service does, and hears again of what is there: what happened meanwhile nobody has told it. The machine's own lives on.</summary>
    internal async Task KillDaemonAsync()
    {
        if (_udev.IsOwn)
        {
            await _udev.KillDaemonAsync();
            await _udev.StartDaemonAgainAsync();
        }

        (await Command.RunAsync("udevadm", ["trigger", "--action=add", "--subsystem-match=vc"])).OutputOrThrow();
    }

    internal async Task ClearAsync()
    {
        for (int i = 0; i < _consoles.Length; i++)
        {
            await UnplugAsync(i);
        }
    }

    internal IEnumerable<string> WhatIsWrong(StatusReply reply, string container, Func<string, string> inside) =>
        _consoles.SelectMany(console => DeviceInside.WhatIsWrong(console, reply, container, inside));

    public ValueTask DisposeAsync() => CleanUp.AllAsync([.. _consoles.Select(console => CleanUp.Of(console)), CleanUp.Of(_udev)]);
}
