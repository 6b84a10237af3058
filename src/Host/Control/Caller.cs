using System.Net.Sockets;
using ContainerManager.Linux;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace ContainerManager.Host.Control;

/// <summary>Who has sent a request, and what they may.</summary>
/// <param name="Peer">By the kernel's word.</param>
/// <param name="Access">By the policy, at this moment.</param>
internal sealed record Caller(Peer Peer, Access Access)
{
    internal static Caller Of(HttpContext context, AccessPolicy policy)
    {
        Socket socket = context.Features.Get<IConnectionSocketFeature>()?.Socket
            ?? throw new InvalidOperationException("a connection that is no socket");
        Peer peer = PeerProcess.CredentialsOf(socket);
        return new Caller(peer, policy.Of(peer));
    }

    /// <exception cref="ControlException">They may not.</exception>
    internal void Require(Access needed)
    {
        if (Access >= needed)
        {
            return;
        }

        throw Access == Access.None
            ? new ControlException(
                StatusCodes.Status403Forbidden,
                $"user {Peer.User} may not use this server",
                "root may, and the members of the groups that its settings name (readGroup, controlGroup)")
            : new ControlException(
                StatusCodes.Status403Forbidden,
                $"user {Peer.User} may look, but not change anything",
                "root may, and the members of the group that its settings name (controlGroup)");
    }
}
