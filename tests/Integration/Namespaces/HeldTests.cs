using ContainerManager.Abstractions;
using ContainerManager.Plugins.Namespaces;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Tests.Integration.Namespaces.NamespacesBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>What may happen while a container is there and its command waits.</summary>
public sealed class HeldTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly NamespacesBed _bed = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously), _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public HeldTests() => _bed.Served = (_, token) =>
    {
        _held.TrySetResult();
        return _served.Task.WaitAsync(token);
    };

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task Its_command_runs_when_it_is_served()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        (Task<ContainerDescription> launch, ContainerDescription held) = await HoldAsync(runtime, events);
        ProcessIdentity process = ProcFiles.IdentityOf(held.ProcessId)!;
        (await runtime.OpenAsync(held, Token)).Dispose();
        Assert.True(File.Exists(Inside(process, "/run/payload.log")));
        Assert.False(launch.IsCompleted || File.Exists(Inside(process, "/tmp/ran")));
        _served.SetResult();
        await WhenThereAsync(process, "/tmp/ran");
        Assert.Equal(held, await launch);
        await runtime.StopAsync("box", Deadline, Token);
    }

    [Fact]
    public async Task One_that_is_stopped_is_gone_and_never_ran()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        (Task<ContainerDescription> launch, _) = await HoldAsync(runtime, events);
        await runtime.StopAsync("box", Deadline, Token);
        Assert.Equal("it was stopped before it ran", (await Assert.ThrowsAsync<IOException>(() => launch)).Message);
        await events.NextAsync(e => e is RuntimeEvent.Stopped);
        await events.NextAsync(e => e is RuntimeEvent.Removed);
        Assert.Empty(_bed.Processes);

        // The name is free again.
        _served.SetResult();
        await runtime.LaunchAsync(Script("exec sleep 1000"), Token);
        await runtime.StopAsync("box", Deadline, Token);
    }

    [Fact]
    public async Task One_whose_first_process_is_killed_says_so()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        (Task<ContainerDescription> launch, ContainerDescription held) = await HoldAsync(runtime, events);
        (await Command.RunAsync("/bin/sh", ["-c", $"kill -KILL {held.ProcessId}"])).OutputOrThrow();
        _served.SetResult();
        Assert.Contains("ended without a word", (await Assert.ThrowsAnyAsync<IOException>(() => launch)).Message, StringComparison.Ordinal);
        await events.NextAsync(e => e is RuntimeEvent.Removed);
        Assert.Empty(_bed.Processes);
    }

    /// <summary>It is started again as its policy says, each time after it was served.</summary>
    [Fact]
    public async Task One_that_is_started_again_waits_again()
    {
        using SemaphoreSlim asked = new(0);
        _bed.Served = (_, _) =>
        {
            asked.Release();
            return Task.CompletedTask;
        };
        NamespacesRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        await runtime.LaunchAsync(Script("exit 1") with { Restart = RestartPolicy.OnFailure }, Token);
        await events.NextAsync(e => e is RuntimeEvent.Started);
        Assert.True(await asked.WaitAsync(Deadline, Token));
        await events.NextAsync(e => e is RuntimeEvent.Stopped);
        await events.NextAsync(e => e is RuntimeEvent.Started);
        Assert.True(await asked.WaitAsync(Deadline, Token));
        await runtime.StopAsync("box", Deadline, Token);
    }

    /// <summary>Starts one and waits until it is there; its command, which says that it ran, waits for <see cref="_served"/>.</summary>
    private async Task<(Task<ContainerDescription> Launch, ContainerDescription Held)> HoldAsync(NamespacesRuntime runtime, EventRecorder<RuntimeEvent> events)
    {
        Task<ContainerDescription> launch = runtime.LaunchAsync(Script("touch /tmp/ran; exec sleep 1000"), Token);
        RuntimeEvent.Started started = (RuntimeEvent.Started)(await events.NextAsync(e => e is RuntimeEvent.Started)).Event;
        await _held.Task.WaitAsync(Deadline, Token);
        return (launch, started.Container);
    }
}
