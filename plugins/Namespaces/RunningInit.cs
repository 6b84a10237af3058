using System.Diagnostics;
using System.Globalization;
using ContainerManager.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>The living first process of a container. Disposal lets go of it; it lives on.</summary>
internal sealed class RunningInit : IDisposable
{
    private const int SIGTERM = 15;
    private const int SIGKILL = 9;
    private const int LongestReport = 8192;

    private readonly IPluginHost _host;
    private readonly SafeFileHandle _process;
    private Process? _wrapper;

    private RunningInit(IPluginHost host, ProcessIdentity identity, SafeFileHandle process, Process? wrapper)
    {
        _host = host;
        Identity = identity;
        _process = process;
        _wrapper = wrapper;
    }

    internal ProcessIdentity Identity { get; }

    /// <summary>Opens a process.</summary>
    /// <param name="host">Opens it.</param>
    /// <param name="identity">Which.</param>
    /// <param name="wrapper">The unshare(1) that started it, when this server did. It ends after it, with its status.</param>
    /// <exception cref="IOException">It has ended.</exception>
    internal static RunningInit Open(IPluginHost host, ProcessIdentity identity, Process? wrapper)
    {
        ContainerEntry entry = OpenEntry(host, identity);
        entry.MountNamespace.Dispose();
        entry.Root.Dispose();
        entry.NetworkNamespace?.Dispose();
        return new RunningInit(host, identity, entry.Process, wrapper);
    }

    /// <summary>Opens what is needed to act in its container.</summary>
    /// <exception cref="IOException">It has ended.</exception>
    internal static ContainerEntry OpenEntry(IPluginHost host, ProcessIdentity identity)
    {
        ContainerEntry entry = host.OpenProcess(identity.ProcessId);
        if (ProcFiles.IdentityOf(identity.ProcessId) == identity)
        {
            return entry;
        }

        entry.Dispose();
        throw new IOException("the container has ended");
    }

    /// <summary>Asks its command to end.</summary>
    internal void Terminate() => _host.Signal(_process, SIGTERM);

    /// <summary>Ends it and, by the kernel, everything in the container.</summary>
    internal void Kill() => _host.Signal(_process, SIGKILL);

    /// <summary>Completes when the process itself has ended.</summary>
    internal Task WhenGoneAsync(CancellationToken cancellationToken) => _host.WhenExitedAsync(_process, cancellationToken);

    /// <summary>Completes when nothing of it is left, the wrapper included. Call once.</summary>
    internal async Task<EndOfRun> WhenEndedAsync(CancellationToken cancellationToken)
    {
        await _host.WhenExitedAsync(_process, cancellationToken);
        if (_wrapper is not { } wrapper)
        {
            return EndOfRun.Unknown;
        }

        await wrapper.WaitForExitAsync(cancellationToken);
        return await ReadReportAsync(wrapper);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Dispose();
        if (Interlocked.Exchange(ref _wrapper, null) is { } wrapper)
        {
            Release(wrapper);
        }
    }

    /// <summary>Lets go of an unshare(1) and of the pipes to it, which a <see cref="Process"/> leaves to the garbage collector once they were used.</summary>
    internal static void Release(Process wrapper)
    {
        wrapper.StandardInput.BaseStream.Dispose();
        wrapper.StandardOutput.Dispose();
        wrapper.StandardError.Dispose();
        wrapper.Dispose();
    }

    /// <summary>All that could write to the pipe has ended: this reads what is there.</summary>
    private static async Task<EndOfRun> ReadReportAsync(Process wrapper)
    {
        char[] buffer = new char[LongestReport];
        int length = await wrapper.StandardOutput.ReadBlockAsync(buffer);
        string[] report = new string(buffer, 0, length).Split('\n', 2);
        return report.Length == 2 && report[0].StartsWith("ended ", StringComparison.Ordinal) &&
            int.TryParse(report[0].AsSpan(6), CultureInfo.InvariantCulture, out int status)
            ? new EndOfRun(status, report[1].Trim())
            : new EndOfRun(wrapper.ExitCode, "");
    }
}

/// <summary>How a run ended.</summary>
/// <param name="Status">The command's exit code, or 128 + the signal that killed it. Null: nobody was there to see.</param>
/// <param name="Log">The end of what it wrote.</param>
internal sealed record EndOfRun(int? Status, string Log)
{
    internal static EndOfRun Unknown { get; } = new(null, "");

    /// <summary>For a person to read.</summary>
    internal string Reason => Status switch
    {
        null => "it ended while the server was not running",
        _ when Log.Length == 0 => $"it ended with status {Status}",
        _ => $"it ended with status {Status}: {Log[(Log.LastIndexOf('\n') + 1)..]}",
    };
}
