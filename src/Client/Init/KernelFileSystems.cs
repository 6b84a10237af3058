using ContainerManager.Linux;

namespace ContainerManager.Client.Init;

/// <summary>proc, sys, tmp and run. They must be made while the host's root is still there: without a full proc and sys in sight, the kernel gives a user namespace no others.</summary>
internal static class KernelFileSystems
{
    private const MountAttributes DataOnly = MountAttributes.NoSetUserId | MountAttributes.NoDevices | MountAttributes.NoExec;

    /// <summary>What in /proc acts on the whole machine: root of the container may be root of the host.</summary>
    private static readonly string[] ReadOnlyInProc = ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"];

    internal static void Mount(ContainerTree tree, InitOptions options)
    {
        using (DetachedMount proc = DetachedMount.Create("proc", DataOnly))
        {
            tree.MountOnTop(proc, "proc");
        }

        foreach (string path in ReadOnlyInProc)
        {
            ProtectInProc(tree, path);
        }

        MountSys(tree, options);
        MountNew(tree, "tmp", MountAttributes.NoSetUserId | MountAttributes.NoDevices, "mode=1777");
        MountNew(tree, "run", MountAttributes.NoSetUserId | MountAttributes.NoDevices, "mode=0755");
    }

    private static void MountNew(ContainerTree tree, string name, MountAttributes attributes, string mode)
    {
        using DetachedMount mount = DetachedMount.Create("tmpfs", attributes, mode);
        tree.MountOnTop(mount, name);
    }

    private static void ProtectInProc(ContainerTree tree, string path)
    {
        using DetachedMount? clone = tree.CloneOfOwn(path);
        if (clone is not null)
        {
            clone.Restrict(MountAttributes.ReadOnly | DataOnly);
            tree.Mount(clone, path);
        }
    }

    /// <summary>sysfs shows the network namespace it is made in; one that the user namespace does not own is the host's to show.</summary>
    private static void MountSys(ContainerTree tree, InitOptions options)
    {
        using DetachedMount? sys = options.HostNetwork && options.UserNamespace ? tree.CloneOfHost("/sys") : DetachedMount.Create("sysfs", DataOnly);
        if (sys is not null)
        {
            sys.Restrict(MountAttributes.ReadOnly | DataOnly);
            tree.MountOnTop(sys, "sys");
        }
    }
}
