using ContainerManager.Linux;

namespace ContainerManager.Host.Devices;

/// <summary>Tells the programs of a container of devices without entering it: somebody inside does. Called by the container's lane, and waits for the answer.</summary>
internal interface IInsideEvents
{
    /// <param name="group">Whom; <see cref="UeventGroup.Kernel"/>: the kernel is to send it.</param>
    /// <param name="message">As it shall arrive.</param>
    /// <exception cref="IOException">It could not be done, or there was no answer in time.</exception>
    void Send(UeventGroup group, byte[] message);
}
