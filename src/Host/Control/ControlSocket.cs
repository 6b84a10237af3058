using System.Net.Sockets;
using ContainerManager.Linux;

namespace ContainerManager.Host.Control;

/// <summary>
/// A listening unix socket (unix(7)) at a place of its own, open to its owner alone unless others are to be asked who they are. Holding it means that no other
/// server has that place.
/// </summary>
internal sealed class ControlSocket : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>To connect is to be asked who one is, and no more.</summary>
    private const UnixFileMode Everybody =
        OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>As many as the kernel allows (net.core.somaxconn): a client that finds the queue full is refused with EAGAIN (unix(7)).</summary>
    private const int Backlog = int.MaxValue;

    /// <summary>Between two attempts to accept while the process has no file descriptor or memory left for it.</summary>
    private static readonly TimeSpan s_backOff = TimeSpan.FromMilliseconds(100);

    private readonly Socket _listener;
    private readonly FileLock _lock;
    private readonly FileIdentity _identity;

    private ControlSocket(string path, Socket listener, FileLock @lock)
    {
        Path = path;
        _listener = listener;
        _lock = @lock;
        _identity = FileStatus.OfPath(path)?.Identity ?? default;
    }

    /// <summary>Where it is.</summary>
    internal string Path { get; }

    /// <summary>
    /// Takes the place: replaces what a dead server has left, leaves a living one alone. Clients can connect when it returns, and wait to be
    /// accepted.
    /// </summary>
    /// <param name="path">Where.</param>
    /// <param name="forEverybody">Anybody may connect, to be asked who they are; otherwise the owner only.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ControlSocketException">Another server has it, or it cannot be made. The message is for a person.</exception>
    internal static async Task<ControlSocket> ClaimAsync(string path, bool forEverybody, CancellationToken cancellationToken)
    {
        try
        {
            string directory = MakeParent(path);
            FileLock @lock = SocketProbe.Lock(path);
            try
            {
                await SocketProbe.RefuseLivingAsync(path, cancellationToken);
                return new ControlSocket(path, BindPrivately(directory, path, forEverybody), @lock);
            }
            catch
            {
                @lock.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException or SocketException or ArgumentException)
        {
            throw new ControlSocketException($"cannot make the control socket {path}: {exception.Message}", exception);
        }
    }

    /// <summary>Who may connect, from now on.</summary>
    internal void OpenTo(bool everybody) => File.SetUnixFileMode(Path, everybody ? Everybody : OwnerOnly);

    /// <summary>The next client.</summary>
    internal async Task<Socket> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await _listener.AcceptAsync(cancellationToken);
            }
            catch (SocketException)
            {
                // accept(2): ENFILE, EMFILE, ENOMEM, or a client that was gone again. None of it is the end.
                await Task.Delay(s_backOff, cancellationToken);
            }
        }
    }

    /// <summary>Closes it and removes it, if it is still ours. The lock file stays: removing it would let two servers lock two files.</summary>
    public void Dispose()
    {
        if (FileStatus.OfPath(Path)?.Identity == _identity)
        {
            File.Delete(Path);
        }

        _listener.Dispose();
        _lock.Dispose();
    }

    private static string MakeParent(string path)
    {
        string directory = System.IO.Path.GetDirectoryName(path) is { Length: > 0 } parent && System.IO.Path.IsPathRooted(path)
            ? parent
            : throw new ArgumentException("an absolute path is required");
        if (!Directory.Exists(directory))
        {
            const UnixFileMode Mode = (UnixFileMode)0b111_101_101;
            Directory.CreateDirectory(directory, Mode);
            File.SetUnixFileMode(directory, Mode);
        }

        return directory;
    }

    /// <summary>
    /// bind(2) makes the file with the mode that the umask leaves, and the umask is the whole process's. So it is made in a directory that
    /// nobody else can enter, and moved to its place when it is as it shall be; what a dead server has left there goes in the same step.
    /// </summary>
    private static Socket BindPrivately(string directory, string path, bool forEverybody)
    {
        string room = System.IO.Path.Combine(directory, "." + System.IO.Path.GetRandomFileName()[..8]);
        Directory.CreateDirectory(room, OwnerOnly | UnixFileMode.UserExecute);
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            string inside = System.IO.Path.Combine(room, "s");
            _ = new UnixDomainSocketEndPoint(path); // Too long for sun_path? Then no client could reach it.
            listener.Bind(new UnixDomainSocketEndPoint(inside));
            File.SetUnixFileMode(inside, forEverybody ? Everybody : OwnerOnly);
            listener.Listen(Backlog);
            File.Move(inside, path, overwrite: true);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
        finally
        {
            Directory.Delete(room, recursive: true);
        }
    }
}
