namespace ContainerManager.Tests.Architecture.Rooms;

/// <summary>
/// The rooms of src/Host, and what each may use: another room, a project, or single types of them. Data runs one way (docs/architecture.md);
/// an entry here is a decision, not a formality. Only the composition (the namespace ContainerManager.Host itself) sees everything.
/// </summary>
internal static class RoomTable
{
    internal static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Composition"] = ["*"],

        // Sources of events.
        ["Events"] = ["Abstractions", "Linux"],
        ["Paths"] = ["Events", "Abstractions", "Linux"],
        ["Configuration"] = ["Paths.PathPattern", "Paths.InPlaceChanges", "Paths.ComponentPattern", "Abstractions"],
        ["Udev"] = ["Events.RetriedAction", "DeviceRules", "Configuration.DeviceAdmission", "State", "Records", "Abstractions", "Linux"],
        ["Plugins"] = ["Events", "Paths", "Composition.PrivateDirectory", "Abstractions", "Linux"],

        // The pure part: values in, values out.
        ["DeviceRules"] = ["Configuration", "Paths.Glob", "Linux.FileIdentity"],
        ["State"] =
        [
            "Configuration", "DeviceRules", "Paths.PathPattern", "Paths.InPlaceChanges", "Abstractions", "Linux.FileIdentity", "Linux.FileKind",
            "Protocol.ContainerStatus", "Protocol.ClientStatus", "Protocol.BindingStatus", "Protocol.DeviceStatus", "Protocol.WhyReply", "Protocol.FilterCheck",
        ],

        // The doing.
        ["Records"] = ["Abstractions.FileOwner", "Linux.FileIdentity", "Linux.FileKind", "Linux.NodeIdentity"],
        ["Journaling"] = ["State", "Records", "Abstractions", "Linux.FileIdentity"],
        ["Mounting"] = ["Abstractions", "Linux"],
        ["Devices"] = ["State", "DeviceRules", "Configuration.DeviceAdmission", "Udev", "Mounting", "Abstractions", "Linux"],
        ["Containers"] = ["Events", "State", "Journaling", "Mounting", "Devices", "DeviceRules.Device", "Abstractions", "Linux"],

        ["Clients"] =
        [
            "Protocol", "State.ClientFile", "State.ClientMount", "Mounting.IInsideMounts", "Devices.IInsideEvents", "Mounting.MountOutcome", "Mounting.MountRefusedException", "Plugins.ProcFiles",
            "Composition.PrivateDirectory", "Abstractions", "Linux",
        ],

        // Reads and asks through its own interfaces only; looks at its socket as a file, and at who has connected.
        ["Control"] = ["Protocol", "Linux.FileLock", "Linux.FileStatus", "Linux.FileIdentity", "Linux.FileKind", "Linux.Peer", "Linux.PeerProcess", "Linux.OwnProcess"],

        // Counts what others tell of.
        ["Telemetry"] = ["State.Step", "Protocol"],

        // Looks, and changes nothing.
        ["Diagnosis"] = ["Configuration", "DeviceRules", "Paths.PathPattern", "Udev.UdevMonitor", "Protocol", "Linux"],
    };

    /// <summary>Rooms without input, output, clock or threads: what else of .NET they may not touch, as prefixes of full names.</summary>
    internal static readonly Dictionary<string, string[]> Pure = new()
    {
        ["State"] =
        [
            "System.IO.", "System.Net.", "System.Threading.", "System.Diagnostics.Process", "System.Diagnostics.Stopwatch",
            "System.TimeProvider", "System.DateTime", "System.Random", "System.Console", "Microsoft.",
        ],
    };
}
