using System.Diagnostics;
using ContainerManager.Abstractions;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;

namespace ContainerManager.Tests.Integration.Podman;

/// <summary>Engines that come, go and come back, and those that we serve ourselves. Each test has its own.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class ServiceTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly List<PodmanEngine> _engines = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            _engines.ForEach(engine => output.WriteLine($"--- {engine.Address}\n{engine.Log}"));
        }

        return CleanUp.AllAsync(_engines.Select(engine => CleanUp.Of(engine)));
    }

    [Fact]
    public async Task Where_nobody_serves_we_do_until_somebody_does()
    {
        PodmanEngine engine = await CreateAsync();
        await engine.RunAsync("web");
        await using PodmanBed bed = PodmanBed.Serving(engine);
        ContainerDescription web = await bed.NextStartedAsync("web");
        await bed.Events.NextAsync(e => e is ListComplete);
        using Process own = Process.GetProcessById(Assert.Single(bed.Services));

        await engine.StartServiceAsync();
        await own.WaitForExitAsync(TestContext.Current.CancellationToken);
        await engine.RunAsync("more");
        await bed.NextStartedAsync("more");
        Assert.Empty(bed.Services);

        // And again, when it is killed: its socket stays, and nobody listens.
        await engine.KillServiceAsync();
        await engine.RunAsync("last");
        await bed.NextStartedAsync("last");
        Assert.Single(bed.Services);
        Assert.Single(bed.Events.All.OfType<Started>(), e => e.Container.Id == web.Id);
        Assert.DoesNotContain(bed.Events.All, e => e is Stopped);
    }

    [Fact]
    public async Task Our_service_is_started_again_when_it_is_killed()
    {
        PodmanEngine engine = await CreateAsync();
        await engine.RunAsync("web");
        await using PodmanBed bed = PodmanBed.Serving(engine);
        await bed.Events.NextAsync(e => e is ListComplete);

        using Process own = Process.GetProcessById(Assert.Single(bed.Services));
        own.Kill();
        await bed.NextTroubleAsync(trouble => trouble is { Reason: not null, Absent: false });
        await bed.NextTroubleAsync(trouble => trouble.Reason is null);
        await engine.RunAsync("more");

        await bed.NextStartedAsync("more");
        Assert.Single(bed.Events.All.OfType<Started>(), e => e.Container.Name == "web");
        Assert.DoesNotContain(bed.Events.All, e => e is Stopped);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_service_outlives_a_killed_server(bool rootless)
    {
        PodmanEngine engine = await CreateAsync(rootless);
        string name = $"cm-{Guid.NewGuid():N}"[..20];
        string settings = rootless
            ? $$"""{ "sockets": ["unix:///nowhere"], "users": ["{{engine.User!.Name}}"] }"""
            : $$"""{ "sockets": ["{{engine.Address}}"], "service": true, "options": [{{string.Join(',', engine.Options.Select(option => $"\"{option}\""))}}] }""";
        await using ServerUnderTest server = new(["Podman"], $$"""{ "containerConfigs": { "{{name}}": {} }, "settings": { "plugins": { "Podman": {{settings}} } } }""");
        await server.StartAsync();
        await engine.RunAsync(name);
        await server.UntilAsync(reply => reply.Containers.Any(c => c.Name == name && c.State == "running"));
        using Process service = Process.GetProcessById(Assert.Single(ProcessFacts.All, id => IsServiceOf(server.ProcessId, id)));

        await server.KillAsync();
        await service.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        await server.StartAsync();
        await server.UntilAsync(reply => reply.Containers.Any(c => c.Name == name && c.State == "running"));
        int second = Assert.Single(ProcessFacts.All, id => IsServiceOf(server.ProcessId, id));
        await server.StopAsync();
        Assert.False(ProcessFacts.Runs(second));
    }

    /// <summary>A server that was killed and is started again at once: the old service may still be there, and takes its socket away when it ends.</summary>
    [Fact]
    public async Task A_service_that_ends_late_does_not_disturb_the_next()
    {
        PodmanEngine engine = await CreateAsync();
        string name = $"cm-{Guid.NewGuid():N}"[..20];
        string options = string.Join(',', engine.Options.Select(option => $"\"{option}\""));
        await using ServerUnderTest server = new(["Podman"], $$"""
            { "containerConfigs": { "{{name}}*": {} },
              "settings": { "plugins": { "Podman": { "sockets": ["{{engine.Address}}"], "service": true, "options": [{{options}}] } } } }
            """);
        await server.StartAsync();
        await engine.RunAsync(name);
        await server.UntilAsync(reply => reply.Containers.Any(c => c.Name == name && c.State == "running"));
        using Process old = Process.GetProcessById(Assert.Single(ProcessFacts.All, id => IsServiceOf(server.ProcessId, id)));
        (await Command.RunAsync("/bin/sh", ["-c", $"kill -STOP {old.Id}"])).OutputOrThrow();

        await server.KillAsync();
        await server.StartAsync();
        await server.UntilAsync(reply => reply.Containers.Any(c => c.Name == name && c.State == "running"));
        (await Command.RunAsync("/bin/sh", ["-c", $"kill -CONT {old.Id}"])).OutputOrThrow();
        await old.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        int service = Assert.Single(ProcessFacts.All, id => IsServiceOf(server.ProcessId, id));
        string socket = ProcessFacts.Read(service, "cmdline").Split('\0').Single(word => word.StartsWith("unix://", StringComparison.Ordinal))["unix://".Length..];
        Assert.True(File.Exists(socket));
        await engine.RunAsync(name + "b");
        await server.UntilAsync(reply => reply.Containers.Any(c => c.Name == name + "b" && c.State == "running"));
    }

    [Fact]
    public async Task A_service_that_is_killed_and_comes_back_is_followed_on()
    {
        PodmanEngine engine = await CreateAsync();
        await engine.StartServiceAsync();
        await engine.RunAsync("web");
        string gone = await engine.RunAsync("gone");
        await using PodmanBed bed = PodmanBed.On(engine);
        await bed.Events.NextAsync(e => e is ListComplete);

        await engine.KillServiceAsync();
        Trouble trouble = await bed.NextTroubleAsync(trouble => trouble.Reason is not null);
        Assert.Equal(engine.Address, trouble.Source);
        await engine.RemoveAsync("gone");
        await engine.StartServiceAsync();

        await bed.Events.NextAsync(e => e is Removed removed && removed.Id.Value == gone);
        await bed.NextTroubleAsync(trouble => trouble.Reason is null);
        Assert.Single(bed.Events.All.OfType<Started>(), e => e.Container.Name == "web");
    }

    [Fact]
    public async Task Two_engines_come_out_in_one_stream_and_one_that_is_down_hides_nothing()
    {
        PodmanEngine first = await CreateAsync(), second = await CreateAsync();
        await first.StartServiceAsync();
        string firstId = await first.RunAsync("web");
        await using PodmanBed bed = PodmanBed.On(first, second);

        Assert.Equal(firstId, (await bed.NextStartedAsync("web")).Id.Value);
        Trouble absent = (Trouble)(await bed.Events.AnyAsync(e => e is Trouble trouble && trouble.Source == second.Address)).Event;
        Assert.True(absent.Absent);
        Assert.DoesNotContain(bed.Events.All, e => e is ListComplete);

        await second.StartServiceAsync();
        await bed.Events.NextAsync(e => e is ListComplete);
        string secondId = await second.RunAsync("web");
        Assert.Equal(secondId, (await bed.NextStartedAsync("web")).Id.Value);
    }

    [Fact]
    public async Task Without_Podman_nothing_is_wrong()
    {
        await using PodmanBed bed = new("""{ "sockets": ["unix://DIR/podman.sock"], "service": true }""", searchPath: "/nowhere");

        Trouble trouble = await bed.NextTroubleAsync(_ => true);
        Assert.Equal(("podman is not installed", true), (trouble.Reason, trouble.Absent));
        await bed.Events.NextAsync(e => e is ListComplete);
    }

    [Fact]
    public async Task A_service_that_does_not_start_says_why()
    {
        await using PodmanBed bed = new("""{ "sockets": ["unix://DIR/podman.sock"], "service": true, "options": ["--no-such-option"] }""");

        Trouble trouble = await bed.NextTroubleAsync(_ => true);
        Assert.False(trouble.Absent);
        Assert.Contains("--no-such-option", trouble.Reason, StringComparison.Ordinal);
    }

    private static bool IsServiceOf(int server, int id) => ProcessFacts.Runs(id) &&
        ProcessFacts.Read(id, "cmdline").Contains("system\0service", StringComparison.Ordinal) &&
        ProcessFacts.Read(id, "status").Contains($"\nPPid:\t{server}\n", StringComparison.Ordinal);

    private async Task<PodmanEngine> CreateAsync(bool rootless = false)
    {
        PodmanEngine engine = await PodmanEngine.CreateAsync(rootless);
        _engines.Add(engine);
        return engine;
    }
}
