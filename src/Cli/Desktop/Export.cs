using System.Threading.Channels;
using ContainerManager.Cli.Commands;
using ContainerManager.Cli.Inside;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Desktop;

/// <summary>One call of <c>desktop export</c>.</summary>
/// <param name="invocation">The call.</param>
/// <param name="wanted">The application; null: all.</param>
/// <param name="runAs">As whom it runs.</param>
internal sealed class Export(Invocation invocation, string? wanted, string? runAs)
{
    private static readonly TimeSpan s_endIsToldWithin = TimeSpan.FromSeconds(5);

    private readonly ContainerApplications _inside = new(new InsideReader(invocation.Server, invocation.Container, runAs));
    private readonly ExportFolder _folder = new(InvokingUser.Find(), invocation.Container);

    internal async Task<IReadOnlyList<Application>> ReadAsync(CancellationToken cancellationToken) => Wanted(await _inside.ReadAsync(cancellationToken));

    internal async Task WriteAsync(IReadOnlyList<Application> applications, CancellationToken cancellationToken)
    {
        IReadOnlyList<IconFile> icons = await _inside.ReadIconsAsync(applications, cancellationToken);
        HashSet<string> before = [.. _folder.Exported()];
        IReadOnlyList<string> broken = _folder.Write(applications, icons, EntryOf);
        DesktopVerb.Tell(invocation, "exported", applications.Select(static application => application.Id).Except(before).Except(broken));
        if (broken.Count > 0)
        {
            Terminal.ToError(terminal => terminal.Write($"left out, since their command lines are broken: {string.Join(", ", broken)}").Line());
        }
    }

    /// <summary>Runs until cancelled.</summary>
    internal async Task WatchAsync(CancellationToken cancellationToken)
    {
        // Heard of from before the first look, so that no start is missed.
        ChannelReader<EventRecord> events = Events(cancellationToken);
        while (true)
        {
            int lists = 0;
            try
            {
                await WatchOnceAsync(() => lists++, cancellationToken);
            }
            catch (Failure) when (!cancellationToken.IsCancellationRequested)
            {
                if (await RunsAsync(cancellationToken) && !await HappenedAsync(events, "container-stopped", s_endIsToldWithin, cancellationToken))
                {
                    // The client has ended by itself, which may happen; that it cannot be started is told.
                    if (lists == 0)
                    {
                        throw;
                    }

                    continue;
                }
            }

            DesktopVerb.Tell(invocation, "removed", _folder.Remove(static _ => true));
            if (!await RunsAsync(cancellationToken))
            {
                await HappenedAsync(events, "container-started", Timeout.InfiniteTimeSpan, cancellationToken);
            }
        }
    }

    private async Task<bool> RunsAsync(CancellationToken cancellationToken) => (await invocation.Server.StatusAsync(cancellationToken))
        .Containers.Any(one => Invocation.Means(invocation.Container, one) && one.State == "running");

    private ChannelReader<EventRecord> Events(CancellationToken cancellationToken)
    {
        Channel<EventRecord> events = Channel.CreateUnbounded<EventRecord>();
        _ = FollowAsync();
        return events.Reader;

        async Task FollowAsync()
        {
            try
            {
                await foreach (EventRecord record in invocation.Server.EventsAsync(follow: true, cancellationToken))
                {
                    if (record.Container == invocation.Container.Split(':')[^1])
                    {
                        events.Writer.TryWrite(record);
                    }
                }

                events.Writer.Complete(new Failure(ExitCode.NotRunning, "the server has stopped"));
            }
            catch (Exception failure) when (failure is Failure or IOException or HttpRequestException or OperationCanceledException)
            {
                events.Writer.Complete(new Failure(ExitCode.NotRunning, "the server has stopped"));
            }
        }
    }

    /// <summary>False: not within the time.</summary>
    private static async Task<bool> HappenedAsync(ChannelReader<EventRecord> events, string kind, TimeSpan within, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(within);
        try
        {
            while ((await events.ReadAsync(limit.Token)).Kind != kind)
            {
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (ChannelClosedException ended) when (ended.InnerException is Failure failure)
        {
            throw new Failure(failure.ExitCode, failure.Message, failure.Hint);
        }
    }

    private async Task WatchOnceAsync(Action listed, CancellationToken cancellationToken)
    {
        Channel<IReadOnlyList<Application>> lists = Channel.CreateUnbounded<IReadOnlyList<Application>>();
        Task watching = WatchInsideAsync(lists.Writer, cancellationToken);
        await foreach (IReadOnlyList<Application> list in lists.Reader.ReadAllAsync(cancellationToken))
        {
            listed();
            IReadOnlyList<Application> applications = Wanted(list);
            DesktopVerb.Tell(invocation, "removed", _folder.Remove(application => applications.All(one => one.Id != application)));
            await WriteAsync(applications, cancellationToken);
        }

        await watching;
    }

    private async Task WatchInsideAsync(ChannelWriter<IReadOnlyList<Application>> lists, CancellationToken cancellationToken)
    {
        try
        {
            await _inside.WatchAsync(list => lists.TryWrite(list), cancellationToken);
        }
        finally
        {
            lists.Complete();
        }
    }

    private IReadOnlyList<Application> Wanted(IReadOnlyList<Application> applications) =>
        wanted is null ? applications : [.. applications.Where(application => application.Id == wanted)];

    private ExportedEntry EntryOf(string application) =>
        new(Environment.ProcessPath!, invocation.NamedSocket, invocation.Container, application, runAs);
}
