using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>A client says that it is there.</summary>
/// <param name="Version">Its <see cref="Frames.Version"/>.</param>
/// <param name="ProcessId">Its process id, as seen inside.</param>
public sealed record Hello(int Version, int ProcessId) : IMessage<Hello>
{
    /// <inheritdoc/>
    public static int Members => 2;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteInt32(Version);
        writer.WriteInt32(ProcessId);
    }

    /// <inheritdoc/>
    public static Hello ReadMembers(CborReader reader) => new(reader.ReadInt32(), reader.ReadInt32());
}

/// <summary>The server takes a client.</summary>
/// <param name="Version">Its <see cref="Frames.Version"/>.</param>
/// <param name="Container">The name of the container that the client is in.</param>
public sealed record Welcome(int Version, string Container) : IMessage<Welcome>
{
    /// <inheritdoc/>
    public static int Members => 2;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteInt32(Version);
        writer.WriteTextString(Container);
    }

    /// <inheritdoc/>
    public static Welcome ReadMembers(CborReader reader) => new(reader.ReadInt32(), reader.ReadTextString());
}

/// <summary>Runs a program inside.</summary>
/// <param name="Command">The program and its arguments; looked up in the PATH that it gets. At least one.</param>
/// <param name="Environment">Each <c>NAME=value</c>; added to the environment of the container.</param>
/// <param name="WorkingDirectory">An absolute path inside; null: the user's home, or <c>/</c>.</param>
/// <param name="User">
/// <c>NAME</c>, <c>UID</c>, and either with <c>:GROUP</c> or <c>:GID</c>; names are those of the container's /etc/passwd and /etc/group. Null: as the
/// client itself.
/// </param>
/// <param name="Terminal">It gets a terminal of this size; null: three pipes.</param>
/// <param name="Detached">Nobody waits for it: it has neither input nor output, and goes on when the client ends.</param>
public sealed record RunRequest(
    string[] Command, string[] Environment, string? WorkingDirectory, string? User, TerminalSize? Terminal, bool Detached = false) : IMessage<RunRequest>
{
    /// <inheritdoc/>
    public static int Members => 6;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        MessageFormat.Write(writer, Command);
        MessageFormat.Write(writer, Environment);
        MessageFormat.WriteOptional(writer, WorkingDirectory);
        MessageFormat.WriteOptional(writer, User);
        TerminalSize.WriteOptional(writer, Terminal);
        writer.WriteBoolean(Detached);
    }

    /// <inheritdoc/>
    public static RunRequest ReadMembers(CborReader reader) => new(
            MessageFormat.ReadTexts(reader),
            MessageFormat.ReadTexts(reader),
            MessageFormat.ReadOptional(reader),
            MessageFormat.ReadOptional(reader),
            TerminalSize.ReadOptional(reader),
            reader.ReadBoolean());
}

/// <summary>A program runs.</summary>
/// <param name="ProcessId">Its process id, as seen inside.</param>
public sealed record RunStarted(int ProcessId) : IMessage<RunStarted>
{
    /// <inheritdoc/>
    public static int Members => 1;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteInt32(ProcessId);
    }

    /// <inheritdoc/>
    public static RunStarted ReadMembers(CborReader reader) => new(reader.ReadInt32());
}

/// <summary>A program could not be started.</summary>
/// <param name="Reason">Why, for a person.</param>
/// <param name="Status">The exit status by which a shell says the same: 127 not found, 126 otherwise.</param>
public sealed record RunFailed(string Reason, int Status) : IMessage<RunFailed>
{
    /// <inheritdoc/>
    public static int Members => 2;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteTextString(Reason);
        writer.WriteInt32(Status);
    }

    /// <inheritdoc/>
    public static RunFailed ReadMembers(CborReader reader) => new(reader.ReadTextString(), reader.ReadInt32());
}

/// <summary>A program has ended.</summary>
/// <param name="Status">0 to 255: its exit code, or 128 + the number of the signal that killed it.</param>
public sealed record RunExited(int Status) : IMessage<RunExited>
{
    /// <inheritdoc/>
    public static int Members => 1;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteInt32(Status);
    }

    /// <inheritdoc/>
    public static RunExited ReadMembers(CborReader reader) => new(reader.ReadInt32());
}

/// <summary>A signal is to be sent.</summary>
/// <param name="Number">1 to 64 (signal(7)).</param>
public sealed record RunSignal(int Number) : IMessage<RunSignal>
{
    /// <inheritdoc/>
    public static int Members => 1;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteInt32(Number);
    }

    /// <inheritdoc/>
    public static RunSignal ReadMembers(CborReader reader) => new(reader.ReadInt32());
}

/// <summary>The size of a terminal, in characters (tty_ioctl(4), struct winsize).</summary>
/// <param name="Rows">Lines.</param>
/// <param name="Columns">Characters in one.</param>
public sealed record TerminalSize(ushort Rows, ushort Columns) : IMessage<TerminalSize>
{
    /// <inheritdoc/>
    public static int Members => 2;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteUInt32(Rows);
        writer.WriteUInt32(Columns);
    }

    /// <inheritdoc/>
    public static TerminalSize ReadMembers(CborReader reader) => new(checked((ushort)reader.ReadUInt32()), checked((ushort)reader.ReadUInt32()));

    internal static void WriteOptional(CborWriter writer, TerminalSize? size)
    {
        if (size is null)
        {
            writer.WriteNull();
        }
        else
        {
            MessageFormat.Write(writer, size);
        }
    }

    internal static TerminalSize? ReadOptional(CborReader reader)
    {
        if (reader.PeekState() == CborReaderState.Null)
        {
            reader.ReadNull();
            return null;
        }

        return MessageFormat.Read<TerminalSize>(reader);
    }
}
