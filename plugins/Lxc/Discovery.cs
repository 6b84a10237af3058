using System.Collections.Immutable;
using System.ComponentModel;
using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Lxc;

/// <summary>Follows LXC on this host until cancelled: also when it is not installed yet, and when what is listened to breaks.</summary>
internal sealed class Discovery(LxcPrograms programs, LxcDirectories directories, ChannelWriter<RuntimeEvent> events, TimeProvider time)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>What troubles of LXC as a whole are called.</summary>
    private const string Programs = "lxc";
    private const string Monitor = "lxc-monitor";

    private readonly KnownContainers _containers = new(events);
    private readonly Troubles _troubles = new(events);
    private bool _listed;

    /// <param name="named">The lxcpaths that the settings name.</param>
    /// <param name="resolved">Told which lxcpaths are followed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task RunAsync(ImmutableArray<string> named, Action<FollowedPaths> resolved, CancellationToken cancellationToken)
    {
        GrowingDelay delay = new(FirstDelay, LongestDelay);
        while (true)
        {
            await WhenInstalledAsync(cancellationToken);
            long start = time.GetTimestamp();
            try
            {
                FollowedPaths paths = new(await programs.DefaultPathAsync(cancellationToken), named);
                resolved(paths);
                await new Session(paths, programs, directories, _containers, _troubles, time).RunAsync(Listed, cancellationToken);
            }
            catch (Exception broken) when (broken is IOException or UnauthorizedAccessException or Win32Exception)
            {
                _troubles.Say(Monitor, broken.Message);
            }

            if (time.GetElapsedTime(start) > LongestDelay)
            {
                delay.Reset();
            }

            await Task.Delay(delay.Next(), time, cancellationToken);
        }
    }

    private void Listed()
    {
        _troubles.Over(Monitor);
        if (!_listed)
        {
            _listed = true;
            events.TryWrite(new RuntimeEvent.ListComplete());
        }
    }

    private async Task WhenInstalledAsync(CancellationToken cancellationToken)
    {
        while (!programs.Installed)
        {
            TaskCompletionSource appeared = new(TaskCreationOptions.RunContinuationsAsynchronously);
            directories.Follow(programs.Directories, change => Look(change, appeared));
            if (!programs.Installed)
            {
                _troubles.Say(Programs, "it is not installed; waiting for it", absent: true);
                await appeared.Task.WaitAsync(cancellationToken);
            }
        }

        _troubles.Over(Programs);
    }

    private static void Look(DirectoryChange change, TaskCompletionSource appeared)
    {
        if (change.Name is null || change.Name.StartsWith("lxc-", StringComparison.Ordinal))
        {
            appeared.TrySetResult();
        }
    }
}
