using ContainerManager.Protocol;

namespace ContainerManager.Host.Clients;

/// <summary>Something that the client is to do inside, until it has said what came of it.</summary>
internal sealed class InsideQuestion : IClientChannel
{
    private readonly TaskCompletionSource<InsideAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Fails with an <see cref="IOException"/> when the client is lost.</summary>
    internal Task<InsideAnswer> Answer => _answer.Task;

    /// <inheritdoc/>
    public bool Take(Frame frame)
    {
        _answer.TrySetResult(frame.Kind == FrameKind.Answer
            ? MessageFormat.Read<InsideAnswer>(frame.Body)
            : throw new ProtocolException($"a frame {frame.Kind} that may not come now"));
        return true;
    }

    /// <inheritdoc/>
    public void Lose(Exception reason) => _answer.TrySetException(reason);
}
