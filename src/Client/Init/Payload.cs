using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Init;

/// <summary>The command that the container is for.</summary>
internal static class Payload
{
    private const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>
    /// What root keeps where it is the host's root (capabilities(7)): enough for services and package tools, nothing that reaches the
    /// kernel, the devices or the mounts. In a user namespace root keeps all, they are worth nothing outside.
    /// CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT AUDIT_WRITE SETFCAP.
    /// </summary>
    private static ReadOnlySpan<int> KeptCapabilities => [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 29, 31];

    /// <summary>Starts it in a session of its own and returns its process id once it was exec'ed.</summary>
    /// <exception cref="IOException">There is no such program, or it cannot be executed.</exception>
    internal static int Start(InitOptions options, SafeFileHandle output)
    {
        string program = Find(options.Command[0]);
        if (!options.UserNamespace)
        {
            OwnProcess.LimitChildren(KeptCapabilities);
        }

        using SafeFileHandle input = File.OpenHandle("/dev/null");
        string[] environment = ["PATH=" + SearchPath, "HOME=/root", "TERM=xterm", "container=container-manager"];
        try
        {
            return ChildProcess.Spawn(program, options.Command, environment, input, output);
        }
        catch (KernelException failure) when (failure.Errno == Tmds.Linux.LibC.ENOENT)
        {
            throw new IOException($"{program}: its interpreter or dynamic loader is not in the container");
        }
    }

    private static string Find(string command)
    {
        if (command.Contains('/'))
        {
            return command;
        }

        foreach (string directory in SearchPath.Split(':'))
        {
            string path = $"{directory}/{command}";
            if (File.Exists(path) && ChildProcess.IsExecutable(path))
            {
                return path;
            }
        }

        throw new IOException($"{command}: not found in the container's PATH ({SearchPath})");
    }
}
