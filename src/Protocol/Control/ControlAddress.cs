namespace ContainerManager.Protocol;

/// <summary>Where the control API is: the socket and the paths on it.</summary>
public static class ControlAddress
{
    /// <summary>The socket, where nothing else is configured.</summary>
    public const string DefaultSocket = "/run/container-manager/control.sock";

    /// <summary>The environment variable by which <c>container-util</c> is told of another socket.</summary>
    public const string SocketVariable = "CONTAINER_MANAGER_SOCKET";

    /// <summary>GET: <see cref="VersionReply"/>.</summary>
    public const string Version = "/v1/version";

    /// <summary>GET: <see cref="StatusReply"/>.</summary>
    public const string Status = "/v1/status";

    /// <summary>GET: <see cref="PluginsReply"/>.</summary>
    public const string Plugins = "/v1/plugins";

    /// <summary>POST: <see cref="SpawnRequest"/> → <see cref="ContainerStatus"/>.</summary>
    public const string Containers = "/v1/containers";

    /// <summary>
    /// GET: a stream of <see cref="EventRecord"/>, one JSON object a line, from now on; with <c>?follow=false</c> those of the recent past,
    /// and then it ends.
    /// </summary>
    public const string Events = "/v1/events";

    /// <summary>The media type of <see cref="Events"/>.</summary>
    public const string EventsMediaType = "application/x-ndjson";

    /// <summary>GET: <see cref="ConfigurationReply"/>.</summary>
    public const string Configuration = "/v1/config";

    /// <summary>GET: what is counted and measured, in the text format of Prometheus.</summary>
    public const string Metrics = "/metrics";

    /// <summary>The media type of <see cref="Metrics"/>.</summary>
    public const string MetricsMediaType = "text/plain; version=0.0.4";

    /// <summary>GET: an OpenAPI document of all this.</summary>
    public const string Description = "/v1/openapi.json";

    /// <summary>GET: <see cref="DoctorReply"/>.</summary>
    public const string Doctor = "/v1/doctor";

    /// <summary>GET: the JSON Schema of the configuration file.</summary>
    public const string ConfigurationSchema = "/v1/config/schema";

    /// <summary>POST: reads the files again. → <see cref="ConfigurationReply"/>.</summary>
    public const string ConfigurationReload = "/v1/config/reload";

    /// <summary>POST: <see cref="ConfigurationRequest"/> → <see cref="ConfigurationCheck"/>.</summary>
    public const string ConfigurationCheck = "/v1/config/check";

    /// <summary>POST: <see cref="ConfigurationRequest"/> → <see cref="ConfigurationDifference"/>.</summary>
    public const string ConfigurationDiff = "/v1/config/diff";

    /// <summary>GET: <see cref="DevicesReply"/>, of one container or of all.</summary>
    public static string Devices(string? container) => container is null ? "/v1/devices" : $"/v1/devices?container={Uri.EscapeDataString(container)}";

    /// <summary>GET: <see cref="WhyReply"/>.</summary>
    public static string Why(string device, string container) =>
        $"/v1/why?device={Uri.EscapeDataString(device)}&container={Uri.EscapeDataString(container)}";

    /// <summary>POST: loads the plugin again. → <see cref="PluginStatus"/>.</summary>
    public static string PluginReload(string name) => $"{Plugins}/{Uri.EscapeDataString(name)}/reload";

    /// <summary>DELETE: stops the container.</summary>
    public static string Container(string name) => $"{Containers}/{Uri.EscapeDataString(name)}";

    /// <summary>POST: <see cref="BindRequest"/> → <see cref="BindingStatus"/>.</summary>
    public static string Bindings(string container) => $"{Container(container)}/bindings";

    /// <summary>
    /// POST with an upgrade to <see cref="RunProtocol"/>: the connection becomes a stream of frames (<see cref="FrameKind"/>), those of one run on
    /// channel 1. The first is <see cref="FrameKind.Run"/>.
    /// </summary>
    public static string Runs(string container) => $"{Container(container)}/runs";

    /// <summary>GET: <see cref="ProgramsReply"/>.</summary>
    public const string AllPrograms = "/v1/programs";

    /// <summary>POST: <see cref="ProgramRequest"/> → <see cref="ProgramStatus"/>.</summary>
    public static string Programs(string container) => $"{Container(container)}/programs";

    /// <summary>DELETE: ends the program.</summary>
    /// <param name="container">The container.</param>
    /// <param name="number">What comes after the slash in its id.</param>
    public static string Program(string container, string number) => $"{Programs(container)}/{Uri.EscapeDataString(number)}";

    /// <summary>The name of the protocol of <see cref="Runs"/>.</summary>
    public const string RunProtocol = "container-manager-run";

    /// <summary>DELETE: removes the binding that has this path inside, or on the host.</summary>
    public static string Binding(string container, string path) => $"{Bindings(container)}?target={Uri.EscapeDataString(path)}";
}
