using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>The machines of systemd-nspawn(1) on this host, known to systemd-machined(8) or not.</summary>
/// <remarks>
/// What machined registers is read from its directory; what is not registered is found by its nspawn process, of whose start the kernel
/// tells. A machine found by both ways is one. It runs as long as its leader: what becomes of machined or of nspawn does not matter.
/// </remarks>
public sealed class NspawnRuntime : IContainerRuntime
{
    /// <summary>The word <c>nspawn</c>.</summary>
    internal const string RuntimeName = "nspawn";

    private readonly IPluginHost _host;
    private readonly TimeProvider _time;
    private readonly NspawnSettings _settings;
    private volatile RunningMachines? _machines;

    /// <summary>Reads the plugin's settings.</summary>
    /// <exception cref="FormatException">They are not as expected.</exception>
    public NspawnRuntime(IPluginHost host, TimeProvider time)
    {
        _host = host;
        _time = time;
        _settings = NspawnSettings.From(host.Settings);
    }

    /// <inheritdoc/>
    public string Name => RuntimeName;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<RuntimeEvent> events = Channel.CreateUnbounded<RuntimeEvent>(new UnboundedChannelOptions { SingleReader = true });
        using MachineWatch watch = new(_settings, new RecordStore(_host.StateDirectory), _time, events.Writer);
        _machines = watch.Machines;
        watch.Start();
        try
        {
            await foreach (RuntimeEvent runtimeEvent in events.Reader.ReadAllAsync(cancellationToken))
            {
                yield return runtimeEvent;
            }
        }
        finally
        {
            await watch.StopAsync();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Opened first, then compared: whatever the open handles mean cannot change any more.</remarks>
    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        ContainerEntry entry = _host.OpenProcess(container.ProcessId);
        if (NamespaceOwner.OfNamespace(entry.MountNamespace) is not 0 and uint maker)
        {
            // machined lets ordinary users register machines, too, under any name.
            entry.Dispose();
            throw new IOException($"refused: machine {container.Name} was made by user {maker}, not by root");
        }

        if (_machines?.Runs(container) == true)
        {
            return ValueTask.FromResult(entry);
        }

        entry.Dispose();
        throw new IOException($"machine {container.Name} no longer runs as process {container.ProcessId}");
    }
}
