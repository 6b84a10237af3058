using System.Net.Sockets;
using ContainerManager.EngineApi;
using ContainerManager.Linux;

namespace ContainerManager.Plugins.Podman.Service;

/// <summary>A running <c>podman system service</c>. Disposal ends it; so does our own end, however it comes.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan ListensWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AboutToListen = TimeSpan.FromMilliseconds(5);

    private readonly BoundProcess _process;
    private readonly LastWord _lastWord;

    private ServiceProcess(BoundProcess process, LastWord lastWord, string socketPath)
    {
        (_process, _lastWord) = (process, lastWord);
        SocketPath = socketPath;
    }

    /// <summary>Where it listens.</summary>
    internal string SocketPath { get; }

    /// <summary>Why it ended, after it has.</summary>
    internal string Epitaph => $"podman system service ended with status {_process.ExitCode}" + (_lastWord.Text is { } word ? $": {word}" : "");

    /// <summary>Starts it, and returns when it listens.</summary>
    /// <exception cref="IOException">It does not.</exception>
    internal static async Task<ServiceProcess> StartAsync(
        ServiceCommand command, string podman, TimeProvider time, CancellationToken cancellationToken)
    {
        using SocketArrival arrival = PrepareSocket(command);
        LastWord lastWord = new();
        BoundProcess process = await BoundProcess.StartAsync(command.StartInfo(podman), said: null, lastWord.Hear);
        ServiceProcess service = new(process, lastWord, command.SocketPath);
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
    internal Task WhenEndedAsync() => _process.Ended;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _process.StopAsync();

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

    private async Task WhenListeningAsync(SocketArrival arrival, TimeProvider time, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (!await ListensAsync(cancellationToken))
        {
            if (_process.Ended.IsCompleted)
            {
                throw new IOException(Epitaph);
            }

            if (time.GetElapsedTime(start) > ListensWithin)
            {
                throw new IOException($"podman system service does not listen within {ListensWithin.TotalSeconds:0} s");
            }

            // Between bind(2) and listen(2) it is there and refuses; that is over in its next system call, and no event tells of it.
            await WhenMadeAsync(arrival, File.Exists(SocketPath) ? AboutToListen : ListensWithin, time, cancellationToken);
        }
    }

    /// <summary>Completes when the socket may have been made, or the service has ended.</summary>
    private async Task WhenMadeAsync(SocketArrival arrival, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task made = arrival.WaitAsync(atMost, time, either.Token);
        await Task.WhenAny(made, _process.Ended);
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
}
