using ContainerManager.Linux;
using ContainerManager.Protocol;
using static Tmds.Linux.LibC;

namespace ContainerManager.Client.Manual;

/// <summary>Tells the programs of the container of devices, where the server may not.</summary>
internal sealed class InsideEvents : IDisposable
{
    private UeventSender? _sender;

    internal InsideAnswer Tell(UeventInside request)
    {
        try
        {
            _sender ??= UeventSender.InOwn();
            if (request.Group == (uint)UeventGroup.Kernel)
            {
                _sender.SendAsKernel(request.Message, OwnProcess.EffectiveUser, OwnProcess.EffectiveGroup);
            }
            else
            {
                _sender.Send((UeventGroup)request.Group, request.Message, OwnProcess.EffectiveUser, OwnProcess.EffectiveGroup);
            }

            return new InsideAnswer(null);
        }
        catch (KernelException failure)
        {
            string capability = request.Group == (uint)UeventGroup.Kernel ? "CAP_SYS_ADMIN" : "CAP_NET_ADMIN";
            return new InsideAnswer(failure.Errno == EPERM ? $"{failure.Message}: the client needs {capability} in the container to tell of devices" : failure.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sender?.Dispose();
}
