using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ContainerManager.EngineApi;

/// <summary>Who listens at the other end of a unix socket, by the kernel's word (SO_PEERCRED, unix(7)).</summary>
public static class PeerCredentials
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    /// <summary>The user id of the process that listens.</summary>
    public static uint UserOf(Socket connection)
    {
        // struct ucred: pid, uid, gid; 4 bytes each.
        Span<byte> credentials = stackalloc byte[12];
        connection.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        return MemoryMarshal.Read<uint>(credentials[4..]);
    }

    /// <summary>An engine names processes that root then enters: it must be root's.</summary>
    /// <exception cref="IOException">It is another user's.</exception>
    public static void RequireRoot(Socket connection)
    {
        uint user = UserOf(connection);
        if (user != 0)
        {
            throw new IOException($"refused: it is an engine of user {user}, not of root");
        }
    }
}
