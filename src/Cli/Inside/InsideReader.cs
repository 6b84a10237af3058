using System.Text;
using ContainerManager.Cli.Runs;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Inside;

/// <summary>Has the client in a container look at something, and reads what it says (<see cref="ClientCommands"/>).</summary>
/// <param name="server">The server.</param>
/// <param name="container">The container.</param>
/// <param name="user">As whom it looks; null: as whom the container runs its programs.</param>
internal sealed class InsideReader(ControlClient server, string container, string? user)
{
    private const int LongestComplaint = 4096;

    /// <summary>Bytes of one list: it comes from a container, which might go on for ever.</summary>
    private const int LongestList = 64 * 1024 * 1024;

    /// <summary>Reads messages to the end.</summary>
    /// <param name="command">One of <see cref="ClientCommands"/>, and its arguments.</param>
    /// <param name="message">Gets each; null: the end of a list.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Failure">It could not be done.</exception>
    internal async Task ReadAsync<T>(string[] command, Action<T?> message, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        MessageSequence messages = new();
        int length = 0;
        StringBuilder complaint = new();
        Stream stream = await server.RunAsync(container, cancellationToken);
        int status = await RunSession.ListenAsync(stream, new RunRequest([ClientCommands.Program, .. command], [], "/", user, null), Take, cancellationToken);
        if (status != 0)
        {
            throw new Failure(ExitCode.Failed, $"{container} cannot be looked into: {(complaint.Length > 0 ? complaint.ToString().Trim() : $"status {status}")}");
        }

        void Take(FrameKind kind, ReadOnlyMemory<byte> bytes)
        {
            if (kind == FrameKind.Error)
            {
                string text = Encoding.UTF8.GetString(bytes.Span);
                complaint.Append(text.AsSpan(0, Math.Min(text.Length, LongestComplaint - complaint.Length)));
                return;
            }

            length += bytes.Length;
            if (length > LongestList)
            {
                throw new Failure(ExitCode.Failed, $"{container} has too much to tell: more than {LongestList >> 20} MiB");
            }

            messages.Add(bytes.Span);
            while (messages.TryTake(out T? next))
            {
                length = next is null ? 0 : length;
                message(next);
            }
        }
    }
}
