using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>A client says that it is there.</summary>
/// <param name="Version">Its <see cref="Frames.Version"/>.</param>
/// <param name="ProcessId">Its process id, as seen inside.</param>
public sealed record Hello(int Version, int ProcessId) : IMessage<Hello>
{
    /// <inheritdoc/>
    public void Write(CborWriter writer)
    {
        writer.WriteStartArray(2);
        writer.WriteInt32(Version);
        writer.WriteInt32(ProcessId);
        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public static Hello Read(CborReader reader)
    {
        MessageFormat.Begin(reader, 2);
        Hello message = new(reader.ReadInt32(), reader.ReadInt32());
        reader.ReadEndArray();
        return message;
    }
}

/// <summary>The server takes a client.</summary>
/// <param name="Version">Its <see cref="Frames.Version"/>.</param>
/// <param name="Container">The name of the container that the client is in.</param>
public sealed record Welcome(int Version, string Container) : IMessage<Welcome>
{
    /// <inheritdoc/>
    public void Write(CborWriter writer)
    {
        writer.WriteStartArray(2);
        writer.WriteInt32(Version);
        writer.WriteTextString(Container);
        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public static Welcome Read(CborReader reader)
    {
        MessageFormat.Begin(reader, 2);
        Welcome message = new(reader.ReadInt32(), reader.ReadTextString());
        reader.ReadEndArray();
        return message;
    }
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
    public void Write(CborWriter writer)
    {
        writer.WriteStartArray(6);
        MessageFormat.Write(writer, Command);
        MessageFormat.Write(writer, Environment);
        MessageFormat.WriteOptional(writer, WorkingDirectory);
        MessageFormat.WriteOptional(writer, User);
        TerminalSize.WriteOptional(writer, Terminal);
        writer.WriteBoolean(Detached);
        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public static RunRequest Read(CborReader reader)
    {
        MessageFormat.Begin(reader, 6);
        RunRequest message = new(
            MessageFormat.ReadTexts(reader),
            MessageFormat.ReadTexts(reader),
            MessageFormat.ReadOptional(reader),
            MessageFormat.ReadOptional(reader),
            TerminalSize.ReadOptional(reader),
            reader.ReadBoolean());
        reader.ReadEndArray();
        return message;
    }
}

/// <summary>A program runs.</summary>
/// <param name="ProcessId">Its process id, as seen inside.</param>
public sealed record RunStarted(int ProcessId) : IMessage<RunStarted>
{
    /// <inheritdoc/>
    public void Write(CborWriter writer)
    {
        writer.WriteStartArray(1);
        writer.WriteInt32(ProcessId);
        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public static RunStarted Read(CborReader reader)
    {
        MessageFormat.Begin(reader, 1);
        RunStarted message = new(reader.ReadInt32());
        reader.ReadEndArray();
        return message;
    }
}

/// <summary>A program could not be started.</summary>
/// <param name="Reason">Why, for a person.</param>
/// <param name="Status">The exit status by which a shell says the same: 127 not found, 126 otherwise.</param>
public sealed record RunFailed(string Reason, int Status) : IMessage<RunFailed>
{
    /// <inheritdoc/>
    public void Write(CborWriter writer)
    {
        writer.WriteStartArray(2);
        writer.WriteTextString(Reason);
        writer.WriteInt32(Status);
        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public static RunFailed Read(CborReader reader)
    {
        MessageFormat.Begin(reader, 2);
        RunFailed message = new(reader.ReadTextString(), reader.ReadInt32());
        reader.ReadEndArray();
        return message;
    }
}

/// <summary>A program has ended.</summary>
/// <param name="Status">0 to 255: its exit code, or 128 + the number of the signal that killed it.</param>
public sealed record RunExited(int Status) : IMessage<RunExited>
{
    /// <inheritdoc/>
    public void Write(CborWriter writer)
    {
        writer.WriteStartArray(1);
        writer.WriteInt32(Status);
        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public static RunExited Read(CborReader reader)
    {
        MessageFormat.Begin(reader, 1);
        RunExited message = new(reader.ReadInt32());
        reader.ReadEndArray();
        return message;
    }
}

/// <summary>A signal is to be sent.</summary>
/// <param name="Number">1 to 64 (signal(7)).</param>
public sealed record RunSignal(int Number) : IMessage<RunSignal>
{
    /// <inheritdoc/>
    public void Write(CborWriter writer)
    {
        writer.WriteStartArray(1);
        writer.WriteInt32(Number);
        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public static RunSignal Read(CborReader reader)
    {
        MessageFormat.Begin(reader, 1);
        RunSignal message = new(reader.ReadInt32());
        reader.ReadEndArray();
        return message;
    }
}

/// <summary>The size of a terminal, in characters (tty_ioctl(4), struct winsize).</summary>
/// <param name="Rows">Lines.</param>
/// <param name="Columns">Characters in one.</param>
public sealed record TerminalSize(ushort Rows, ushort Columns) : IMessage<TerminalSize>
{
    /// <inheritdoc/>
    public void Write(CborWriter writer)
    {
        writer.WriteStartArray(2);
        writer.WriteUInt32(Rows);
        writer.WriteUInt32(Columns);
        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public static TerminalSize Read(CborReader reader)
    {
        MessageFormat.Begin(reader, 2);
        TerminalSize message = new(checked((ushort)reader.ReadUInt32()), checked((ushort)reader.ReadUInt32()));
        reader.ReadEndArray();
        return message;
    }

    internal static void WriteOptional(CborWriter writer, TerminalSize? size)
    {
        if (size is null)
        {
            writer.WriteNull();
        }
        else
        {
            size.Write(writer);
        }
    }

    internal static TerminalSize? ReadOptional(CborReader reader)
    {
        if (reader.PeekState() == CborReaderState.Null)
        {
            reader.ReadNull();
            return null;
        }

        return Read(reader);
    }
}
