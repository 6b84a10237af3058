using System.ComponentModel;

namespace ContainerManager.Plugins.Lxc;

/// <summary>
/// Listens to the LXC of an ordinary user, which tells its changes to that user only. Whatever goes wrong there is told, and holds up
/// nobody else.
/// </summary>
internal sealed class UserMonitor(LxcPrograms programs, Account account, string[] lxcPaths, Action<Hint> heard, Troubles troubles, TimeProvider time)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private string Source => $"lxc-monitor of user {account.UserId}";

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        GrowingDelay delay = new(FirstDelay, LongestDelay);
        if (!account.IsPresent)
        {
            // The session ends when that changes.
            troubles.Say(Source, $"the user is not logged in: there is no {account.RuntimeDirectory}", absent: true);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        while (true)
        {
            long start = time.GetTimestamp();
            try
            {
                await ListenAsync(cancellationToken);
            }
            catch (Exception broken) when (broken is IOException or UnauthorizedAccessException or Win32Exception)
            {
                troubles.Say(Source, broken.Message);
            }

            if (time.GetElapsedTime(start) > LongestDelay)
            {
                delay.Reset();
            }

            await Task.Delay(delay.Next(), time, cancellationToken);
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using MonitorProcess monitor = await MonitorProcess.StartAsync(programs.Monitor(account, lxcPaths), line => heard(new Hint(null, MonitorLine.Container(line))));
        await monitor.WhenSubscribedAsync(lxcPaths.Length, cancellationToken);
        troubles.Over(Source);
        foreach (string path in lxcPaths)
        {
            heard(new Hint(path, null));
        }

        await monitor.Ended.WaitAsync(cancellationToken);
    }
}
