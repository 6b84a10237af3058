using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ContainerManager.Linux;

/// <summary>Who is at the other end of a unix socket, as the kernel noted when they connected (unix(7)).</summary>
public static class PeerProcess
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;
    private const int SO_PEERGROUPS = 59;

    /// <summary>struct ucred (unix(7)): pid, uid, gid.</summary>
    private const int CredentialsSize = 12;

    private const int UsualGroups = 64;

    /// <summary>NGROUPS_MAX (limits.h): of more groups nobody can be.</summary>
    private const int MostGroups = 65536;

    /// <summary>The process that connected; 0: one that we do not see.</summary>
    public static int Of(Socket socket) => Credentials(socket)[0];

    /// <summary>The process that connected, with its user and all of its groups.</summary>
    /// <exception cref="SocketException">It is no unix socket that somebody has connected to.</exception>
    public static Peer CredentialsOf(Socket socket)
    {
        ReadOnlySpan<int> credentials = Credentials(socket);
        return new Peer(credentials[0], (uint)credentials[1], [(uint)credentials[2], .. Groups(socket, UsualGroups) ?? Groups(socket, MostGroups)!]);
    }

    /// <returns>Null: there are more.</returns>
    private static uint[]? Groups(Socket socket, int most)
    {
        byte[] groups = new byte[most * sizeof(uint)];
        try
        {
            int size = socket.GetRawSocketOption(SOL_SOCKET, SO_PEERGROUPS, groups);
            return MemoryMarshal.Cast<byte, uint>(groups.AsSpan(0, size)).ToArray();
        }
        catch (SocketException) when (most < MostGroups)
        {
            // ERANGE, for which SocketError has no name.
            return null;
        }
    }

    private static ReadOnlySpan<int> Credentials(Socket socket)
    {
        byte[] credentials = new byte[CredentialsSize];
        socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        return MemoryMarshal.Cast<byte, int>(credentials);
    }
}

/// <summary>Who has connected.</summary>
/// <param name="ProcessId">0: one that we do not see.</param>
/// <param name="User">The effective user id.</param>
/// <param name="Groups">The effective group id, and the supplementary ones.</param>
public sealed record Peer(int ProcessId, uint User, IReadOnlyList<uint> Groups);
