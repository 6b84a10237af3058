using System.Collections.Frozen;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Containers;

/// <summary>Has a plugin open one container, once, in bounded time, and checks what it hands out.</summary>
/// <param name="runtime">Opens it.</param>
/// <param name="time">Measures the limit.</param>
internal sealed class ContainerOpener(IContainerRuntime runtime, TimeProvider time)
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly FileIdentity s_ownNamespace = OwnNamespace();

    /// <summary>The caller's to dispose.</summary>
    /// <exception cref="TimeoutException">The plugin did not do it in time.</exception>
    /// <exception cref="IOException">Whatever the plugin was told, it is the host itself. Anything else is the plugin's.</exception>
    internal async Task<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(Limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return Ours(await AskAsync(container, either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"its plugin did not open it within {Limit.TotalSeconds:0} s");
        }
    }

    private async Task<ContainerEntry> AskAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        Task<ContainerEntry> opening = runtime.OpenAsync(container, cancellationToken).AsTask();
        try
        {
            return await opening.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Comes too late for anybody to use; its handles would keep the container's namespaces.
            _ = opening.ContinueWith(
                static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Holds no object of the plugin: it may be unloaded while its containers run.</summary>
    /// <exception cref="IOException">It is the host itself.</exception>
    internal static ContainerEntry Ours(ContainerEntry entry)
    {
        if (FileStatus.OfHandle(entry.MountNamespace).Identity == s_ownNamespace)
        {
            entry.Dispose();
            throw new IOException("refused: its process sees the host's own mounts, and is no container");
        }

        return new ContainerEntry
        {
            Process = entry.Process,
            MountNamespace = entry.MountNamespace,
            NetworkNamespace = entry.NetworkNamespace,
            Root = entry.Root,
            UserIds = entry.UserIds,
            GroupIds = entry.GroupIds,
            Cgroups = entry.Cgroups.ToFrozenDictionary(),
        };
    }

    private static FileIdentity OwnNamespace()
    {
        using SafeFileHandle own = File.OpenHandle("/proc/self/ns/mnt");
        return FileStatus.OfHandle(own).Identity;
    }
}
