using System.Globalization;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>Waits for the mounts that a process sees (proc_pid_mountinfo(5)).</summary>
internal static class MountTableChange
{
    private const int EPOLLPRI = 2;

    /// <summary>Completes as soon as they are as <paramref name="condition"/> wants them.</summary>
    /// <exception cref="TimeoutException">They are not within the time.</exception>
    internal static async Task UntilAsync(int processId, Func<MountTable, bool> condition, TimeSpan within)
    {
        using SafeFileHandle table = File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/mountinfo"));
        using Epoll epoll = new();
        epoll.Add(table, EPOLLPRI, 1);
        using CancellationTokenSource limit = new(within);
        while (!condition(MountTable.OfProcess(processId)))
        {
            await Task.Run(epoll.Wait, limit.Token).WaitAsync(within);
        }
    }
}
