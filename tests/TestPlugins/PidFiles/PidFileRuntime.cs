using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>A container for each file NAME.pid of a directory: the process whose id is in it.</summary>
public sealed class PidFileRuntime(IPluginHost host) : IContainerRuntime
{
    private readonly string _directory = host.Settings?.GetProperty("directory").GetString() ?? "/run/pid-files";

    /// <inheritdoc/>
    public string Name => "pidfiles";

    /// <inheritdoc/>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Subscribe first, then list: what happens in between comes twice, which is harmless, and not never.
        Channel<string> changed = Channel.CreateUnbounded<string>();
        using FileSystemWatcher watcher = new(_directory, "*.pid");
        watcher.Created += (_, e) => changed.Writer.TryWrite(e.FullPath);
        watcher.Changed += (_, e) => changed.Writer.TryWrite(e.FullPath);
        watcher.Renamed += (_, e) => changed.Writer.TryWrite(e.FullPath);
        watcher.Deleted += (_, e) => changed.Writer.TryWrite(e.FullPath);
        watcher.EnableRaisingEvents = true;
        foreach (string path in Directory.GetFiles(_directory, "*.pid"))
        {
            yield return Look(path);
        }

        yield return new RuntimeEvent.ListComplete();
        await foreach (string path in changed.Reader.ReadAllAsync(cancellationToken))
        {
            yield return Look(path);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) =>
        ValueTask.FromResult(host.OpenProcess(container.ProcessId));

    private static RuntimeEvent Look(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        ContainerId id = new("pidfiles", name);
        string text = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
            ? new RuntimeEvent.Started(new ContainerDescription { Id = id, Name = name, ProcessId = processId })
            : new RuntimeEvent.Stopped(id);
    }
}
