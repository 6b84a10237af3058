using System.Buffers.Binary;
using System.Net.Sockets;

namespace ContainerManager.Linux;

/// <summary>Who is at the other end of a unix socket.</summary>
public static class PeerProcess
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    /// <summary>struct ucred (unix(7)): pid, uid, gid.</summary>
    private const int CredentialsSize = 12;

    /// <summary>The process that connected; 0: one that we do not see.</summary>
    public static int Of(Socket socket)
    {
        byte[] credentials = new byte[CredentialsSize];
        socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        return BinaryPrimitives.ReadInt32LittleEndian(credentials);
    }
}
