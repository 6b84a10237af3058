using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Host.Plugins;
using ContainerManager.Plugins.Namespaces;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>A core of the test's own, as small as it can be, and the plugin on it. Whatever it starts ends with it.</summary>
internal sealed class NamespacesBed : IEventSink, IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new("namespaces");
    private readonly EventLoop _loop;
    private readonly List<NamespacesRuntime> _runtimes = [];

    internal NamespacesBed()
    {
        _loop = new EventLoop(this, (source, fault) => Fault = $"{source}: {fault}");
        _loop.Start();
        Host = new PluginHost(null, _directory["state"], Client, new ProcessExits(_loop), (container, token) => Served(container, token));
        Launcher = new InitLauncher(Host, new RecordStore(Host.StateDirectory), new PrivateClient(Host));
    }

    internal PluginHost Host { get; }

    internal InitLauncher Launcher { get; }

    /// <summary>What a container's command waits for.</summary>
    internal Func<ContainerId, CancellationToken, Task> Served { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What the loop caught.</summary>
    internal string? Fault { get; private set; }

    /// <summary>The built client: <c>out/bin/client</c> of the repository.</summary>
    internal static string Client { get; } = FindClient();

    /// <summary>A path for the test's own use.</summary>
    internal string this[string relative] => _directory[relative];

    /// <summary>A runtime as after a start of the server.</summary>
    internal NamespacesRuntime NewRuntime()
    {
        NamespacesRuntime runtime = new(Host, TimeProvider.System);
        _runtimes.Add(runtime);
        return runtime;
    }

    /// <summary>A request for a shell script in a container with the host's /usr.</summary>
    internal static LaunchRequest Script(string script, string name = "box") => new() { Name = name, Command = ["/bin/sh", "-c", script] };

    /// <summary>Starts a container, without a runtime around it.</summary>
    internal Task<RunningInit> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) =>
        Launcher.LaunchAsync(request, _ => Task.CompletedTask, cancellationToken);

    /// <summary>Runs a container to its end, without a runtime around it.</summary>
    internal async Task<EndOfRun> RunAsync(LaunchRequest request)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        using RunningInit init = await LaunchAsync(request, deadline.Token);
        return await init.WhenEndedAsync(deadline.Token);
    }

    /// <summary>Runs a script to its end and returns what it wrote; it must exit with 0.</summary>
    internal async Task<string> OutputOfAsync(LaunchRequest request)
    {
        EndOfRun end = await RunAsync(request);
        Assert.True(end.Status == 0, $"status {end.Status}\n{end.Log}");
        return end.Log;
    }

    /// <summary>A file as the process sees it.</summary>
    internal static string Inside(ProcessIdentity process, string path) => string.Create(CultureInfo.InvariantCulture, $"/proc/{process.ProcessId}/root{path}");

    /// <summary>Waits until a container has made a file.</summary>
    internal static async Task WhenThereAsync(ProcessIdentity process, string path)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        await FileArrival.WaitAsync(Inside(process, path), deadline.Token);
    }

    /// <summary>Processes that were started from here and still run.</summary>
    internal IEnumerable<int> Processes => ProcessFacts.All.Where(id =>
        id != Environment.ProcessId && ProcessFacts.Read(id, "cmdline").Contains(_directory.FullPath, StringComparison.Ordinal));

    public void Post(SourceEvent sourceEvent) => throw new NotSupportedException();

    public async ValueTask DisposeAsync()
    {
        foreach (NamespacesRuntime runtime in _runtimes)
        {
            await runtime.DisposeAsync();
        }

        _directory.Dispose();
        _loop.Dispose();
        Assert.Null(Fault);
    }

    private static string FindClient()
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "ContainerManager.slnx")))
            {
                string client = Path.Combine(directory, "out/bin/client");
                return File.Exists(client) ? client : throw new FileNotFoundException($"{client} is not built: run ./build.sh");
            }
        }

        throw new DirectoryNotFoundException("the tests do not lie in the repository");
    }
}
