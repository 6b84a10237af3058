using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace ContainerManager.Plugins.Lxc;

/// <summary>
/// Who answers for a container. Each running container's monitor listens on an abstract unix socket named after its lxcpath and name;
/// abstract names belong to whoever takes them first, so the owner is asked for, not assumed.
/// </summary>
/// <param name="ProcessId">Who began to listen (SO_PEERCRED, unix(7)); it may have ended since and left the socket to its child.</param>
/// <param name="UserId">Its user.</param>
internal readonly record struct CommandSocket(int ProcessId, uint UserId)
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    /// <summary>The size of sun_path (unix(7)) less the zero byte that makes a name abstract.</summary>
    private const int LongestName = 107;

    /// <summary>Asks the kernel who listens; null: nobody does, the container does not run.</summary>
    internal static CommandSocket? Of(string lxcPath, string container)
    {
        string name = $"{lxcPath}/{container}";
        string plain = $"{name}/command";
        return (Encoding.UTF8.GetByteCount(plain) <= LongestName ? Peer(plain) : null) ?? Peer($"lxc/{Hash(name)}/command");
    }

    /// <summary>What LXC uses where a name is too long for a socket: FNV-1a of 64 bits, in hexadecimal.</summary>
    internal static string Hash(string name)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            hash = unchecked((hash ^ b) * 0x100000001b3);
        }

        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }

    private static CommandSocket? Peer(string name)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        // One that does not take connections any more must not hold us up: a full backlog is an error then.
        socket.Blocking = false;
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint("\0" + name));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return null;
        }
        catch (SocketException exception)
        {
            throw new IOException($"its command socket cannot be reached: {exception.Message}", exception);
        }

        Span<int> credentials = stackalloc int[3]; // struct ucred: pid, uid, gid
        socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, MemoryMarshal.AsBytes(credentials));
        return new CommandSocket(credentials[0], (uint)credentials[1]);
    }
}
