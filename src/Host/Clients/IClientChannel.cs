using ContainerManager.Protocol;

namespace ContainerManager.Host.Clients;

/// <summary>What the frames of one channel are for. Called by the one who reads the connection.</summary>
internal interface IClientChannel
{
    /// <summary>Takes a frame of the client's. True: it was the last.</summary>
    /// <exception cref="ProtocolException">The client does not keep to the protocol.</exception>
    bool Take(Frame frame);

    /// <summary>Nothing more comes.</summary>
    /// <param name="reason">Why.</param>
    void Lose(Exception reason);
}
