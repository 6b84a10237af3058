using System.Globalization;
using System.Text.Json;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Mounting;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Plugins;

/// <summary>A server, and a process in a mount namespace of its own that the plugin PidFiles calls the container <c>box</c>.</summary>
internal sealed class PluginBed : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new("plugins");
    private readonly BareContainer _container = new();

    /// <param name="plugins">Of the installation, from the start on.</param>
    /// <param name="rules">Beside <c>_automount</c>, beginning with a comma.</param>
    /// <param name="dockerSocket">Of the engine for the plugin Docker; null: there is none.</param>
    /// <param name="environment">The server's, beside ours: <c>NAME=value</c>.</param>
    internal PluginBed(string[]? plugins = null, string rules = "", string? dockerSocket = null, string[]? environment = null)
    {
        Directory.CreateDirectory(PidFiles);
        Directory.CreateDirectory(Watched);
        File.WriteAllText(Source, "source");
        File.WriteAllText(Path.Combine(PidFiles, "box.pid"), _container.ProcessId.ToString(CultureInfo.InvariantCulture));
        Server = new ServerUnderTest(
            plugins ?? [],
            $$"""
            {
              "containerConfigs": {
                "box": { "_automount": { {{Json(Source)}}: { "target": "/source" } }, "_inotify_watch": { {{Json(Watched)}}: { "target": "/watched" } } {{rules}} },
                "docked": { "_automount": { {{Json(Source)}}: { "target": "/source" } }, "_inotify_watch": { {{Json(Watched)}}: { "target": "/watched" } } },
                "other": { "_automount": { {{Json(Source)}}: { "target": "/source" } }, "_inotify_watch": { {{Json(Watched)}}: { "target": "/watched" } } }
              },
              "settings": { "plugins": {
                "PidFiles": { "directory": {{Json(PidFiles)}} }, "Twin": { "directory": {{Json(PidFiles)}} },
                "Fifo": { "path": {{Json(Fifo)}} }, "Docker": { "sockets": [{{Json("unix://" + (dockerSocket ?? _directory["docker.sock"]))}}] } } }
            }
            """) { Environment = environment ?? [] };
    }

    internal ServerUnderTest Server { get; }

    internal string PidFiles => _directory["pids"];

    internal string Watched => _directory["watched"];

    internal string Source => _directory["source"];

    internal string Fifo => _directory["requests"];

    internal string this[string relative] => _directory[relative];

    internal string Inside(string path) => _container.Inside(path);

    internal string Install(string project, string? name = null) => TestPlugin.Install(project, Server.PluginDirectory, name);

    internal Task<BindingStatus> AttachedAsync(string container = "box") => Server.UntilBindingAsync(container, "/source", "attached");

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _container.Dispose();
        _directory.Dispose();
    }

    private static string Json(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
