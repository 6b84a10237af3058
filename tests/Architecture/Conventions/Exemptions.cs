namespace ContainerManager.Tests.Architecture.Conventions;

/// <summary>Where a convention is broken on purpose: file → why.</summary>
internal static class Exemptions
{
    /// <summary>Boundaries that must hold whatever is thrown. (A catch-all that ends in <c>throw;</c> needs no entry.)</summary>
    internal static readonly Dictionary<string, string> CatchAll = new()
    {
        ["src/EngineApi/Engine.cs"] = "one engine's trouble is reported and tried again; the others go on",
        ["src/EngineApi/EngineStream.cs"] = "carries the failure of one engine's task to the stream, which throws it",
        ["src/EngineApi/ContainerLooks.cs"] = "what cannot be looked at is told in the stream, and the look is repeated",
        ["plugins/Lxc/ContainerLooks.cs"] = "a defect in one look is told as trouble; the other containers go on",
        ["plugins/Lxc/LxcRuntime.cs"] = "carries the failure of the following task to the stream, which throws it",
        ["plugins/Nspawn/MachineWatch.cs"] = "carries the failure of the plugin's thread to the stream, which throws it",
        ["src/Host/ClientStarter.cs"] = "a plugin's code: that it failed is the reason that whoever wanted a client is told",
        ["src/Host/ConfiguredContainers.cs"] = "a plugin's code: that it failed is logged, and the next container is started",
        ["src/Host/Containers/ContainerLane.cs"] = "a strategy of a plugin, or a defect: the binding says failed, and is not pending for ever",
        ["src/Host/Containers/ContainerOpenings.cs"] = "a plugin's code: the container is shown as failed, and tried again with a growing delay",
        ["src/Host/Containers/MountRecognition.cs"] = "a strategy of a plugin: what it cannot recognise is mounted anew, and says what is wrong",
        ["src/Host/Containers/RuntimeDiscovery.cs"] = "a plugin's code: shown in status, opened again with a growing delay",
        ["src/Host/Control/ControlApplication.cs"] = "a failed request is answered, and logged",
        ["src/Host/Control/EventStream.cs"] = "the response has begun: the failure ends it, and is logged",
        ["src/Host/Events/EventLoop.cs"] = "a source or a step that throws is reported; its thread goes on",
        ["src/Host/StandingClients.cs"] = "a plugin's code: that the client could not be started is told, and tried again with a growing delay",
        ["src/Host/PluginConnection.cs"] = "one source that cannot be closed does not keep the others open; all failures are thrown together at the end",
        ["src/Host/Plugins/GuardedEventSource.cs"] = "a plugin's source that cannot even be closed: its plugin says so",
        ["src/Host/Plugins/PluginCopies.cs"] = "a plugin that cannot even be ended is told of, and given up all the same",
        ["src/Host/Plugins/Plugin.cs"] = "a plugin whose code fails is one clear error; the others go on",
    };

    /// <summary>Delays that are not a way to wait for something.</summary>
    internal static readonly Dictionary<string, string> Delay = new()
    {
        ["src/Host/Events/Backoff.cs"] = "the growing delay before a broken stream, or a container that could not be opened, is tried again",
        ["plugins/Lxc/Discovery.cs"] = "the growing delay before LXC is listened to again",
        ["plugins/Lxc/MonitorProcess.cs"] = "lxc-monitor gives no sign that it has subscribed; for the milliseconds after its start only",
        ["plugins/Lxc/UserMonitor.cs"] = "the growing delay before a user's LXC is listened to again",
        ["plugins/Namespaces/Container.cs"] = "the growing delay before a container that ended is started again",
        ["src/Cli/Commands/TopVerb.cs"] = "a screen is drawn at most 25 times a second, whatever happens",
        ["src/Client/Manual/ManualClient.cs"] = "the pause before a server that ended the connection is connected to again",
        ["src/Host/Control/ControlSocket.cs"] = "the pause before listening again after the system ran out of descriptors",
    };
}
