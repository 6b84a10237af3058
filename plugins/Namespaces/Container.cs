using System.Diagnostics.CodeAnalysis;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>One container from its launch, or its adoption, until it is gone: follows its runs and starts it again as its policy says.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle, and a late StopAsync may still cancel it.")]
internal sealed class Container(LaunchRequest request, ContainerServices services)
{
    private readonly ContainerId _id = new(NamespacesRuntime.RuntimeName, request.Name);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RestartDelay _delay = new();
    private readonly Lock _lock = new();
    private RunningInit? _init;

    /// <summary>Which process it runs by; null: none.</summary>
    internal ProcessIdentity? Identity
    {
        get
        {
            lock (_lock)
            {
                return _init?.Identity;
            }
        }
    }

    /// <summary>Completes when it is gone, or when <see cref="ContainerServices.Lifetime"/> ends.</summary>
    internal Task Supervision { get; private set; } = Task.CompletedTask;

    /// <summary>Starts it for the first time.</summary>
    /// <exception cref="IOException">It could not be started and is gone.</exception>
    internal async Task<ContainerDescription> LaunchAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token, services.Lifetime);
        try
        {
            services.Records.Write(new ContainerRecord(request, null));
            RunningInit init = await StartAsync(either.Token);
            Supervision = SuperviseAsync(init);
            return DescriptionOf(init);
        }
        catch (Exception failure)
        {
            Forget();
            if (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new IOException(_stop.IsCancellationRequested ? "it was stopped before it ran" : "the plugin was unloaded before it ran: try again", failure);
            }

            throw;
        }
    }

    /// <summary>Takes over a container that an earlier server started; null: it runs no longer and shall be started again.</summary>
    internal void Adopt(RunningInit? init)
    {
        if (init is not null)
        {
            Begin(init);
        }

        Supervision = SuperviseAsync(init);
    }

    /// <summary>Ends it for good.</summary>
    internal async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        Act(init => init.Terminate());
        try
        {
            await _gone.Task.WaitAsync(grace, services.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            Act(init => init.Kill());
            await _gone.Task.WaitAsync(cancellationToken);
        }
    }

    private async Task SuperviseAsync(RunningInit? init)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, services.Lifetime);
        try
        {
            for (TimeSpan? delay = await FollowAsync(init); delay is not null; delay = await FollowAsync(init))
            {
                await Task.Delay(delay.Value, services.Time, either.Token);
                init = await LaunchAgainAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested || services.Lifetime.IsCancellationRequested)
        {
            // Stopped while none ran; or we are unloaded and it lives on.
        }
        catch (OperationCanceledException)
        {
            // The server ends, and whoever waits for a process is told so first. It lives on; one that was being started is started by the next server.
            return;
        }

        if (!services.Lifetime.IsCancellationRequested)
        {
            Forget();
        }
    }

    /// <summary>Waits for the end of a run, if there is one. Returns when to start it again; null: it shall not be.</summary>
    private async Task<TimeSpan?> FollowAsync(RunningInit? init)
    {
        if (init is null)
        {
            return TimeSpan.Zero;
        }

        long start = services.Time.GetTimestamp();
        EndOfRun end = await EndOfAsync(init);
        services.Announcements.Stopped(_id);
        if (_stop.IsCancellationRequested || request.Restart == RestartPolicy.No || (request.Restart == RestartPolicy.OnFailure && end.Status == 0))
        {
            return null;
        }

        TimeSpan delay = _delay.After(services.Time.GetElapsedTime(start));
        services.Announcements.Trouble(_id, $"{end.Reason}; started again after {delay.TotalSeconds:0} s");
        return delay;
    }

    private async Task<EndOfRun> EndOfAsync(RunningInit init)
    {
        try
        {
            return await WhenEndedAsync(init);
        }
        finally
        {
            lock (_lock)
            {
                _init = null;
            }

            init.Dispose();
        }
    }

    /// <summary>Where the kernel has no room for one more wait, later: it runs on meanwhile.</summary>
    private async Task<EndOfRun> WhenEndedAsync(RunningInit init)
    {
        RestartDelay delays = new();
        while (true)
        {
            Task<EndOfRun> end = init.WhenEndedAsync(services.Lifetime);
            if (!end.IsFaulted)
            {
                services.Announcements.Trouble(_id, null);
            }

            try
            {
                return await end;
            }
            catch (IOException failure)
            {
                TimeSpan delay = delays.After(TimeSpan.Zero);
                services.Announcements.Trouble(_id, $"its end would not be noticed: {failure.Message}; tried again after {delay.TotalSeconds:0} s");
                await Task.Delay(delay, services.Time, services.Lifetime);
            }
        }
    }

    private async Task<RunningInit> LaunchAgainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                RunningInit init = await StartAsync(cancellationToken);
                services.Announcements.Trouble(_id, null);
                return init;
            }
            catch (IOException failure)
            {
                TimeSpan delay = _delay.After(TimeSpan.Zero);
                services.Announcements.Trouble(_id, $"{failure.Message}; tried again after {delay.TotalSeconds:0} s");
                await Task.Delay(delay, services.Time, cancellationToken);
            }
        }
    }

    /// <summary>Its command runs when the container has what it gets: a program that looks once, when it begins, finds it.</summary>
    private async Task<RunningInit> StartAsync(CancellationToken cancellationToken)
    {
        RunningInit? held = null;
        try
        {
            return await services.Launcher.LaunchAsync(request, Hold, cancellationToken);
        }
        catch when (held is not null)
        {
            lock (_lock)
            {
                _init = null;
            }

            held.Dispose();
            services.Announcements.Stopped(_id);
            throw;
        }

        Task Hold(RunningInit init)
        {
            held = init;
            Begin(init);
            return ServedOrGoneAsync(init, cancellationToken);
        }
    }

    private async Task ServedOrGoneAsync(RunningInit init, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(services.Served(_id, either.Token), init.WhenGoneAsync(either.Token));
        await either.CancelAsync();
    }

    private void Begin(RunningInit init)
    {
        lock (_lock)
        {
            _init = init;
        }

        services.Announcements.Started(DescriptionOf(init));
    }

    /// <summary>What the core knows it by while it runs.</summary>
    private ContainerDescription DescriptionOf(RunningInit init) => new() { Id = _id, Name = request.Name, ProcessId = init.Identity.ProcessId, HostName = request.Name };

    /// <summary>Does something to the run there is, if there is one.</summary>
    private void Act(Action<RunningInit> action)
    {
        lock (_lock)
        {
            if (_init is not null)
            {
                action(_init);
            }
        }
    }

    /// <summary>The name is free only after everybody has been told: a new container of that name would be taken for this one.</summary>
    private void Forget()
    {
        services.Records.Delete(request.Name);
        services.Announcements.Trouble(_id, null);
        services.Announcements.Stopped(_id);
        services.Announcements.Removed(_id);
        services.Gone(request.Name);
        _gone.TrySetResult();
    }
}

/// <summary>What all containers share.</summary>
/// <param name="Launcher">Starts first processes.</param>
/// <param name="Records">What survives the server.</param>
/// <param name="Announcements">Told of every change.</param>
/// <param name="Time">For delays.</param>
/// <param name="Served">Completes when a container has what it gets.</param>
/// <param name="Gone">Told the name of a container that is no more.</param>
/// <param name="Lifetime">Ends when the plugin is unloaded: the containers live on.</param>
internal sealed record ContainerServices(
    InitLauncher Launcher,
    RecordStore Records,
    Announcements Announcements,
    TimeProvider Time,
    Func<ContainerId, CancellationToken, Task> Served,
    Action<string> Gone,
    CancellationToken Lifetime);
