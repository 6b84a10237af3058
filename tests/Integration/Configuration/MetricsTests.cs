using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using ContainerManager.Tests.Control;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Configuration;

/// <summary>What the server counts and measures, on the control socket and on an address.</summary>
public sealed partial class MetricsTests : IAsyncLifetime
{
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _host = new("metrics");
    private readonly NamespacesScenarioRuntime _runtime = new();
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(() => _runtime.RemoveAsync(Server, _name)), CleanUp.Of(_server), CleanUp.Of(_host));

    [Fact]
    public async Task WhatHappensIsCountedAndMeasured()
    {
        int port = FreePort();
        await File.WriteAllTextAsync(_host["a"], "a", Stop);
        _server = new ServerUnderTest(["Namespaces"], $$"""
            { "containerConfigs": { "{{_name}}": { "_automount": { "{{_host["a"]}}": { "target": "/a" }, "{{_host["b"]}}": { "target": "/b" } } } },
              "settings": { "metricsAddress": "127.0.0.1:{{port}}" } }
            """);
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
        await Server.UntilBindingAsync(_name, "/a", "attached");
        using HttpClient socket = ServedEngine.Client(Server.Socket);
        Dictionary<string, double> before = Parsed(await socket.GetStringAsync("/metrics", Stop));
        Assert.Equal(1, before["""container_manager_bindings{state="attached"}"""]);
        Assert.Equal(1, before["""container_manager_bindings{state="waiting"}"""]);
        Assert.Equal(1, before["""container_manager_containers{runtime="namespaces",state="running"}"""]);
        Assert.Equal(1, before["""container_manager_step_duration_seconds_count{step="attach",result="ok"}"""]);
        Assert.InRange(before["""container_manager_step_duration_seconds_sum{step="attach",result="ok"}"""], 1e-6, 5);
        Assert.Equal(1, before["""container_manager_step_duration_seconds_bucket{step="attach",result="ok",le="+Inf"}"""]);

        await File.WriteAllTextAsync(_host["b"], "b", Stop);
        await Server.UntilBindingAsync(_name, "/b", "attached");
        File.Delete(_host["a"]);
        await Server.UntilGoneAsync(_name, "/a");
        Server.Configure("{");
        await Server.UntilAsync(reply => reply.ConfigurationErrors is not null);
        using HttpClient tcp = new();
        Dictionary<string, double> after = Parsed(await tcp.GetStringAsync($"http://127.0.0.1:{port}/metrics", Stop));
        Assert.Equal(1, after["""container_manager_bindings{state="attached"}"""]);
        Assert.Equal(2, after["""container_manager_events_total{kind="attached"}"""]);
        Assert.Equal(1, after["""container_manager_events_total{kind="detached"}"""]);
        Assert.Equal(1, after["""container_manager_step_duration_seconds_count{step="detach",result="ok"}"""]);
        Assert.Equal(1, after["container_manager_configuration_errors"]);

        // There is nothing else at the address.
        Assert.Equal(HttpStatusCode.NotFound, (await tcp.GetAsync($"http://127.0.0.1:{port}/v1/status", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await tcp.PostAsync($"http://127.0.0.1:{port}/metrics", null, Stop)).StatusCode);
    }

    /// <summary>Each line as the format has it: name, labels, number.</summary>
    private static Dictionary<string, double> Parsed(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches(Line(), line));
        return lines.Where(line => !line.StartsWith('#')).Select(line => line.Split(' ')).ToDictionary(words => words[0], words => double.Parse(words[^1], CultureInfo.InvariantCulture));
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [GeneratedRegex("""^(# (HELP|TYPE) container_manager_\w+ .+|container_manager_\w+(\{(\w+="[^"]*",?)+\})? [-+.e0-9]+)$""")]
    private static partial Regex Line();
}
