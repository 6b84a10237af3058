using System.Globalization;
using System.Text;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Serve;

/// <summary>
/// <c>client start</c>: the first step inside when the server has entered the namespaces by itself. Waits until it is in the container's cgroups, gives up
/// what the container's first process could not do, and becomes <c>client serve</c>, so that no thread keeps more.
/// </summary>
internal static class StartStage
{
    internal static int Run(ReadOnlySpan<string> arguments)
    {
        if (arguments is not ["--capabilities", var mask, .. var rest] || rest is not ([] or ["--no-new-privileges"]) ||
            !ulong.TryParse(mask, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong kept))
        {
            return Refuse("'client start' is for the server");
        }

        Descriptor.Write(Descriptor.StandardOutput, "started\n");
        using SafeFileHandle input = new(0, ownsHandle: false);
        if (Descriptor.ReadByte(input) != 'g')
        {
            return 1;
        }

        try
        {
            // Before the rights are gone that it takes.
            string[] environment = OfFirstProcess();
            LeaveGroups();
            OwnProcess.LimitCapabilities(kept);
            if (rest.Length > 0)
            {
                OwnProcess.ForgoNewPrivileges();
            }

            OwnProcess.DieWithParent();
            return Refuse(ChildProcess.Become("/proc/self/exe", ["client", "serve"], environment).Message);
        }
        catch (IOException failure)
        {
            return Refuse(failure.Message);
        }
    }

    /// <summary>A user namespace may forbid it; there we have none that mean anything.</summary>
    private static void LeaveGroups()
    {
        try
        {
            OwnProcess.LeaveGroups();
        }
        catch (KernelException)
        {
            // As said.
        }
    }

    /// <summary>The environment that the container was given.</summary>
    private static string[] OfFirstProcess()
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes("/proc/1/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static int Refuse(string text)
    {
        Descriptor.Write(Descriptor.StandardError, $"client: {text}\n");
        return 1;
    }
}
