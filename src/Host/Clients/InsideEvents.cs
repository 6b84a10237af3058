using ContainerManager.Host.Devices;
using ContainerManager.Linux;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Clients;

/// <summary>Has the client of a container send events of devices there.</summary>
internal sealed class InsideEvents(ClientConnection client) : IInsideEvents
{
    /// <inheritdoc/>
    public void Send(UeventGroup group, byte[] message)
    {
        if (client.Ask(FrameKind.Uevent, new UeventInside((uint)group, message)).Failure is { } failure)
        {
            throw new IOException($"the client could not do it: {failure}");
        }
    }
}
