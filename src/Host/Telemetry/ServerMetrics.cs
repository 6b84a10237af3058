using ContainerManager.Host.State;
using ContainerManager.Protocol;
using Prometheus;

namespace ContainerManager.Host.Telemetry;

/// <summary>
/// What the server counts and measures, in the text format of Prometheus. Names follow OpenTelemetry's conventions as its exporters write them: what is
/// counted ends in <c>_total</c>, times are in seconds.
/// </summary>
internal sealed class ServerMetrics : IDisposable
{
    /// <summary>Mounting takes about 100 µs; what takes longer than seconds hangs.</summary>
    private static readonly double[] s_buckets = [50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 50e-3, 0.1, 0.5, 1, 5, 10];

    /// <summary>Where events were lost.</summary>
    internal const string Inotify = "inotify", Uevents = "uevents";

    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly Histogram _steps;
    private readonly Counter _events;
    private readonly Counter _rescans;
    private readonly Gauge _runtimes;
    private readonly Gauge _containers;
    private readonly Gauge _bindings;
    private readonly Gauge _devices;
    private readonly Gauge _clients;
    private readonly Gauge _configuration;
    private readonly SemaphoreSlim _writing = new(1);

    internal ServerMetrics(string version)
    {
        MetricFactory make = Metrics.WithCustomRegistry(_registry);
        make.CreateGauge("container_manager_build_info", "1; the version is a label.", "version").WithLabels(version).Set(1);
        _steps = make.CreateHistogram(
            "container_manager_step_duration_seconds",
            "From the moment that a step was planned until it was done: attach, replace or detach.",
            ["step", "result"],
            new HistogramConfiguration { Buckets = s_buckets });
        _events = make.CreateCounter("container_manager_events_total", "What has happened, as 'container-util events' tells it.", "kind");
        _rescans = make.CreateCounter(
            "container_manager_rescans_total", "How often everything was looked at again since the kernel had no room left for events: of paths (inotify), of devices (uevents).", "source");
        _runtimes = make.CreateGauge("container_manager_runtimes", "Runtimes whose containers are followed, by state.", "runtime", "state");
        _containers = make.CreateGauge("container_manager_containers", "Containers, by runtime and state.", "runtime", "state");
        _bindings = make.CreateGauge("container_manager_bindings", "Bindings, by state.", "state");
        _devices = make.CreateGauge("container_manager_devices", "Devices that containers have or should have, by state.", "state");
        _clients = make.CreateGauge("container_manager_clients", "Clients in containers, by state.", "state");
        _configuration = make.CreateGauge("container_manager_configuration_errors", "What is wrong with the configuration files; 0: they are in force.");
        foreach (string step in (string[])["attach", "replace", "detach"])
        {
            _steps.WithLabels(step, "ok");
        }

        foreach (string source in (string[])[Inotify, Uevents])
        {
            _rescans.WithLabels(source);
        }
    }

    /// <summary>A step is done. Any thread; takes well below a microsecond.</summary>
    internal void Measured(Step step, bool succeeded, TimeSpan took)
    {
        string name = step switch
        {
            Step.Attach => "attach",
            Step.Replace => "replace",
            _ => "detach",
        };
        _steps.WithLabels(name, succeeded ? "ok" : "failed").Observe(took.TotalSeconds);
    }

    /// <summary>Events were lost, and everything that they are about is looked at again. Any thread.</summary>
    /// <param name="source"><see cref="Inotify"/> or <see cref="Uevents"/>.</param>
    internal void Rescanned(string source) => _rescans.WithLabels(source).Inc();

    /// <summary>Something has happened. Any thread.</summary>
    internal void Happened(EventRecord record) => _events.WithLabels(record.Kind).Inc();

    /// <summary>Writes all of it; what is there now is counted now.</summary>
    internal async Task WriteAsync(Stream stream, StatusReply status, DevicesReply devices, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            Count(_runtimes, status.Runtimes.Select(static runtime => (string[])[runtime.Name, runtime.State]));
            Count(_containers, status.Containers.Select(static container => (string[])[container.Runtime ?? "none", container.State]));
            Count(_bindings, status.Containers.SelectMany(static container => container.Bindings).Select(static binding => (string[])[binding.State]));
            Count(_devices, devices.Devices.Select(static device => (string[])[device.State]));
            Count(_clients, status.Containers.Select(static container => container.Client?.State).OfType<string>().Select(static state => (string[])[state]));
            _configuration.Set(status.ConfigurationErrors?.Length ?? 0);
            await _registry.CollectAndExportAsTextAsync(stream, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    /// <summary>What there is none of any more is 0, and does not keep its last number.</summary>
    private static void Count(Gauge gauge, IEnumerable<string[]> labels)
    {
        foreach (string[] before in gauge.GetAllLabelValues())
        {
            gauge.WithLabels(before).Set(0);
        }

        foreach (IGrouping<string, string[]> same in labels.GroupBy(static one => string.Join('\n', one), StringComparer.Ordinal))
        {
            gauge.WithLabels(same.First()).Set(same.Count());
        }
    }
}
