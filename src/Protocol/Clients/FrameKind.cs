namespace ContainerManager.Protocol;

/// <summary>
/// What a frame is. Frames go between the server and a client, and, for the length of one run, between container-util and the server, which passes
/// them on. → towards the client, ← from it.
/// </summary>
public enum FrameKind : byte
{
    /// <summary>No frame has it.</summary>
    None,

    /// <summary>← <see cref="Protocol.Hello"/>, once, before all else. Channel 0.</summary>
    Hello,

    /// <summary>→ <see cref="Protocol.Welcome"/>, the answer. Channel 0.</summary>
    Welcome,

    /// <summary>→ Are you there? Channel 0; empty.</summary>
    Ping,

    /// <summary>← Yes. Channel 0; empty.</summary>
    Pong,

    /// <summary>→ <see cref="RunRequest"/>: opens its channel, which must not be in use.</summary>
    Run,

    /// <summary>← <see cref="RunStarted"/>: the program runs.</summary>
    Started,

    /// <summary>← <see cref="RunFailed"/>: it could not be started. Ends the channel.</summary>
    Failed,

    /// <summary>→ Bytes for standard input; they use up credit.</summary>
    Input,

    /// <summary>→ There is no more input; empty. Not for a terminal.</summary>
    InputEnd,

    /// <summary>← Bytes of standard output, or of the terminal; they use up credit.</summary>
    Output,

    /// <summary>← Bytes of standard error; they use up the same credit.</summary>
    Error,

    /// <summary>
    /// Both ways, <see cref="RunCredit"/>: so many more bytes may be sent. Each side begins with <see cref="Frames.Window"/> for each channel, and the
    /// receiver gives back what it has passed on.
    /// </summary>
    Credit,

    /// <summary>→ <see cref="TerminalSize"/>.</summary>
    Resize,

    /// <summary>→ <see cref="RunSignal"/>: for the program and what it has started in its process group.</summary>
    Signal,

    /// <summary>← <see cref="RunExited"/>: all output was sent before. Ends the channel.</summary>
    Exited,

    /// <summary>→ Nobody waits for it any more: what still runs is hung up (SIGHUP, then SIGKILL). Empty. Ends the channel.</summary>
    Close,

    /// <summary>→ <see cref="PrepareInside"/>, to a client that was started by hand: opens its channel.</summary>
    Prepare,

    /// <summary>→ <see cref="MountInside"/>, to a client that was started by hand, after <see cref="Prepare"/>: opens its channel.</summary>
    Mount,

    /// <summary>→ <see cref="UnmountInside"/>, likewise.</summary>
    Unmount,

    /// <summary>← <see cref="InsideAnswer"/>, the answer to these three, and to <see cref="Uevent"/>. Ends the channel.</summary>
    Answer,

    /// <summary>→ <see cref="UeventInside"/>, to a client that was started by hand: opens its channel.</summary>
    Uevent,
}
