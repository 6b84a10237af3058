using ContainerManager.Protocol;

namespace ContainerManager.Host.Clients;

/// <summary>Passes the frames of one run between who asked for it and the client; both are held to the protocol by the channel.</summary>
internal static class RunRelay
{
    /// <summary>Runs to the end of the run, or until the asker goes.</summary>
    /// <param name="asker">Has sent <see cref="RunRequest"/> already.</param>
    /// <param name="request">That, completed.</param>
    /// <param name="run">The channel; closed in the end.</param>
    /// <param name="cancellationToken">The server ends.</param>
    internal static async Task PassAsync(FrameStream asker, RunRequest request, RunChannel run, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task inwards = Task.CompletedTask;
        try
        {
            await run.BeginAsync(request, over.Token);
            inwards = InwardsAsync(asker, run, over);
            await foreach (Frame frame in run.Received.ReadAllAsync(over.Token))
            {
                await asker.WriteAsync(frame with { Channel = 1 }, over.Token);
            }
        }
        catch (Exception lost) when (lost is IOException and not ProtocolException && !over.IsCancellationRequested)
        {
            await asker.WriteAsync(MessageFormat.Write(FrameKind.Failed, 1, new RunFailed(lost.Message, 125)), cancellationToken);
        }
        finally
        {
            await run.CloseAsync();
            await over.CancelAsync();
            await inwards.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>When the asker goes, the run is over.</summary>
    private static async Task InwardsAsync(FrameStream asker, RunChannel run, CancellationTokenSource over)
    {
        try
        {
            while (await asker.ReadAsync(over.Token) is { } frame)
            {
                await run.SendAsync(frame.Kind is FrameKind.Run ? FrameKind.None : frame.Kind, frame.Body, over.Token);
            }
        }
        finally
        {
            await over.CancelAsync();
        }
    }
}
