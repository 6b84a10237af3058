using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using ContainerManager.Abstractions;
using ContainerManager.EngineApi;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Plugins.Podman.Service;

/// <summary>A running <c>podman system service</c>. Disposal ends it; so does our own end, however it comes.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private const int SIGTERM = 15;
    private static readonly TimeSpan ListensWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(5);

    /// <summary>From its end to that of its output, which comes at once unless another process of a rootless engine keeps the pipe.</summary>
    private static readonly TimeSpan LastWordWithin = TimeSpan.FromSeconds(1);

    private readonly IPluginHost _host;
    private readonly ServiceCommand _command;
    private readonly TaskCompletionSource<Process> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _silent = new();
    private volatile string? _lastWord;
    private int _exitCode;

    private ServiceProcess(IPluginHost host, ServiceCommand command)
    {
        _host = host;
        _command = command;
    }

    /// <summary>Where it listens.</summary>
    internal string SocketPath => _command.SocketPath;

    /// <summary>Why it ended, after it has.</summary>
    internal string Epitaph => $"podman system service ended with status {_exitCode}" + (_lastWord is { } word ? $": {word}" : "");

    /// <summary>Starts it, and returns when it listens.</summary>
    /// <exception cref="IOException">It does not.</exception>
    internal static async Task<ServiceProcess> StartAsync(
        IPluginHost host, ServiceCommand command, string podman, TimeProvider time, CancellationToken cancellationToken)
    {
        ServiceProcess service = new(host, command);
        using SocketArrival arrival = PrepareSocket(command);

        // The kernel ends the service when the *thread* that started it ends. So it has a thread of its own, which waits for it.
        new Thread(() => service.Run(command.StartInfo(podman))) { IsBackground = true, Name = "podman service" }.Start();
        await service._started.Task;
        try
        {
            await service.WhenListeningAsync(arrival, time, cancellationToken);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when it has ended.</summary>
    internal Task WhenEndedAsync() => _ended.Task;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using Process process = await _started.Task;
        if (TryOpen(process.Id) is { } handle)
        {
            using (handle)
            {
                _host.Signal(handle, SIGTERM);
            }
        }

        try
        {
            await _ended.Task.WaitAsync(EndsWithin);
        }
        catch (TimeoutException)
        {
            process.Kill();
            await _ended.Task;
        }
    }

    private static SocketArrival PrepareSocket(ServiceCommand command)
    {
        try
        {
            // One of our own name would look as if the new service listened.
            foreach (string path in command.OldSockets)
            {
                File.Delete(path);
            }
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new IOException(failure.Message, failure);
        }

        return new SocketArrival(command.SocketPath);
    }

    private void Run(ProcessStartInfo info)
    {
        try
        {
            Process process = Process.Start(info)!;
            process.StandardInput.Close();
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, line) => Hear(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _started.SetResult(process);

            // With a limit, however long: without one it would also wait for the end of the pipes, which a rootless podman's pause process keeps.
            while (!process.WaitForExit(int.MaxValue))
            {
            }

            _exitCode = process.ExitCode;
            _silent.Task.Wait(LastWordWithin);
        }
        catch (Win32Exception failure)
        {
            _started.TrySetException(new IOException($"setpriv cannot be started (package util-linux): {failure.Message}", failure));
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    /// <summary>What podman says last is why it ended, but for a hint to its help.</summary>
    /// <param name="line">Null: nothing more will come.</param>
    private void Hear(string? line)
    {
        if (line is null)
        {
            _silent.TrySetResult();
        }
        else if (!string.IsNullOrWhiteSpace(line) && !line.StartsWith("See 'podman", StringComparison.Ordinal))
        {
            _lastWord = line.Trim();
        }
    }

    private async Task WhenListeningAsync(SocketArrival arrival, TimeProvider time, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (!await ListensAsync(cancellationToken))
        {
            if (_ended.Task.IsCompleted)
            {
                throw new IOException(Epitaph);
            }

            if (time.GetElapsedTime(start) > ListensWithin)
            {
                throw new IOException($"podman system service does not listen within {ListensWithin.TotalSeconds:0} s");
            }

            if (File.Exists(SocketPath))
            {
                // Bound, and about to listen: its next system call.
                await Task.Yield();
            }
            else
            {
                await WhenMadeAsync(arrival, time, cancellationToken);
            }
        }
    }

    /// <summary>Completes when the socket may have been made, or the service has ended.</summary>
    private async Task WhenMadeAsync(SocketArrival arrival, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task made = arrival.WaitAsync(ListensWithin, time, either.Token);
        await Task.WhenAny(made, _ended.Task);
        await either.CancelAsync();
        await made.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<bool> ListensAsync(CancellationToken cancellationToken)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private SafeFileHandle? TryOpen(int processId)
    {
        try
        {
            ContainerEntry entry = _host.OpenProcess(processId);
            entry.MountNamespace.Dispose();
            entry.Root.Dispose();
            return entry.Process;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
