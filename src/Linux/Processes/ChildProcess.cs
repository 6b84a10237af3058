using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Starts programs and waits for processes, without the signal handling that <see cref="System.Diagnostics.Process"/> brings.</summary>
public static class ChildProcess
{
    /// <summary>
    /// Starts a program (posix_spawn(3)) in a session of its own, with no signal blocked or ignored, and returns once it has been
    /// exec'ed.
    /// </summary>
    /// <param name="path">The program's file; not looked up anywhere.</param>
    /// <param name="arguments">All of them, the name first.</param>
    /// <param name="environment">Each <c>NAME=value</c>.</param>
    /// <param name="input">Becomes its standard input.</param>
    /// <param name="output">Becomes its standard output and standard error.</param>
    /// <returns>The process id.</returns>
    /// <exception cref="KernelException">It could not be executed.</exception>
    public static int Spawn(
        string path, ReadOnlySpan<string> arguments, ReadOnlySpan<string> environment, SafeFileHandle input, SafeFileHandle output) =>
        Spawn(path, arguments, environment, input, output, output);

    /// <inheritdoc cref="Spawn(string, ReadOnlySpan{string}, ReadOnlySpan{string}, SafeFileHandle, SafeFileHandle)"/>
    /// <param name="path">The program's file; not looked up anywhere.</param>
    /// <param name="arguments">All of them, the name first.</param>
    /// <param name="environment">Each <c>NAME=value</c>.</param>
    /// <param name="input">Becomes its standard input.</param>
    /// <param name="output">Becomes its standard output.</param>
    /// <param name="error">Becomes its standard error.</param>
    public static unsafe int Spawn(
        string path, ReadOnlySpan<string> arguments, ReadOnlySpan<string> environment, SafeFileHandle input, SafeFileHandle output, SafeFileHandle error)
    {
        byte* attributes = stackalloc byte[Libc.OpaqueSize];
        byte* actions = stackalloc byte[Libc.OpaqueSize];
        Check(Libc.posix_spawnattr_init(attributes), "posix_spawnattr_init", path);
        Check(Libc.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init", path);
        using HandleUse inputUse = new(input), outputUse = new(output), errorUse = new(error);
        using StringVector argumentVector = new(arguments), environmentVector = new(environment);
        using PathBytes pathBytes = new(path);
        try
        {
            SetSession(attributes, path);
            SetStreams(actions, inputUse.Descriptor, outputUse.Descriptor, errorUse.Descriptor, path);
            int pid;
            Check(Libc.posix_spawn(&pid, pathBytes.Pointer, actions, attributes, argumentVector.Pointer, environmentVector.Pointer), "exec", path);
            return pid;
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>Waits until any child has ended, and reaps it (waitpid(2)).</summary>
    /// <exception cref="KernelException">ECHILD: there is none.</exception>
    public static unsafe (int ProcessId, int Status) WaitAny()
    {
        int status;
        int pid;
        do
        {
            pid = Libc.waitpid(-1, &status, 0);
        }
        while (Libc.Interrupted(pid));
        return pid > 0 ? (pid, StatusOf(status)) : throw KernelException.Last("waitpid", "any child");
    }

    /// <summary>Reaps a child that has ended (waitpid(2)); returns its status as a shell says it.</summary>
    /// <exception cref="KernelException">ECHILD: it is none, or was reaped already.</exception>
    public static unsafe int Wait(int processId)
    {
        int status;
        int pid;
        do
        {
            pid = Libc.waitpid(processId, &status, 0);
        }
        while (Libc.Interrupted(pid));
        return pid > 0 ? StatusOf(status) : throw KernelException.Last("waitpid", "a child");
    }

    /// <summary>Sends a signal to a process and all of its process group (kill(2) with a negative number).</summary>
    public static void SignalGroup(int processId, int signal) => _ = Libc.kill(-processId, signal);

    /// <summary>
    /// Becomes another program (execve(2)), for which SIGPIPE is not ignored, as .NET has it ignored for itself: what is ignored stays so, and
    /// <c>yes | head</c> would not end. Returns only when that fails.
    /// </summary>
    /// <param name="path">The program's file; not looked up anywhere.</param>
    /// <param name="arguments">All of them, the name first.</param>
    /// <param name="environment">Each <c>NAME=value</c>.</param>
    public static unsafe KernelException Become(string path, ReadOnlySpan<string> arguments, ReadOnlySpan<string> environment)
    {
        using StringVector argumentVector = new(arguments), environmentVector = new(environment);
        using PathBytes pathBytes = new(path);
        _ = Libc.signal(SIGPIPE, Libc.SIG_DFL);
        _ = Libc.execve(pathBytes.Pointer, argumentVector.Pointer, environmentVector.Pointer);
        return KernelException.Last("exec", path);
    }

    /// <summary>Sends a signal to a process that was not reaped yet.</summary>
    public static void Signal(int processId, int signal) => _ = Libc.kill(processId, signal);

    /// <summary>True when a file may be executed by us (faccessat(2) X_OK with the effective ids).</summary>
    public static unsafe bool IsExecutable(string path)
    {
        const int X_OK = 1, AT_EACCESS = 0x200;
        using PathBytes bytes = new(path);
        return Libc.faccessat(AT_FDCWD, bytes.Pointer, X_OK, AT_EACCESS) == 0;
    }

    /// <summary>A shell's way to say how a process ended: its exit code, or 128 + the signal (wait(2)).</summary>
    private static int StatusOf(int status) => (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F);

    private static unsafe void SetSession(byte* attributes, string path)
    {
        byte* none = stackalloc byte[Libc.OpaqueSize];
        byte* all = stackalloc byte[Libc.OpaqueSize];
        _ = Libc.sigemptyset(none);
        _ = Libc.sigfillset(all);
        const short Flags = Libc.POSIX_SPAWN_SETSID | Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSIGDEF;
        Check(Libc.posix_spawnattr_setsigmask(attributes, none), "posix_spawnattr_setsigmask", path);
        Check(Libc.posix_spawnattr_setsigdefault(attributes, all), "posix_spawnattr_setsigdefault", path);
        Check(Libc.posix_spawnattr_setflags(attributes, Flags), "posix_spawnattr_setflags", path);
    }

    private static unsafe void SetStreams(byte* actions, int input, int output, int error, string path)
    {
        Check(Libc.posix_spawn_file_actions_adddup2(actions, input, 0), "posix_spawn_file_actions_adddup2", path);
        Check(Libc.posix_spawn_file_actions_adddup2(actions, output, 1), "posix_spawn_file_actions_adddup2", path);
        Check(Libc.posix_spawn_file_actions_adddup2(actions, error, 2), "posix_spawn_file_actions_adddup2", path);
    }

    private static void Check(int error, string call, string operand)
    {
        if (error != 0)
        {
            throw new KernelException(call, operand, error);
        }
    }
}
