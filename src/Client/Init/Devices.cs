using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Init;

/// <summary>A minimal /dev. The nodes are the host's, mounted: a user namespace can make none of its own.</summary>
internal static class Devices
{
    private const MountAttributes Plain = MountAttributes.NoSetUserId | MountAttributes.NoExec;

    private static readonly string[] FromHost = ["null", "zero", "full", "random", "urandom", "tty"];

    internal static void Mount(ContainerTree tree)
    {
        // A node counts by the mount it is on, and each of these is one.
        using DetachedMount dev = DetachedMount.Create("tmpfs", Plain | MountAttributes.NoDevices, "mode=0755");
        tree.MountOnTop(dev, "dev");
        OwnDirectory devices = new(dev.Handle);
        foreach (string name in FromHost)
        {
            TakeNode(tree, devices, name);
        }

        using DetachedMount terminals = DetachedMount.Create("devpts", Plain, "ptmxmode=0666", "mode=0620", "gid=5");
        MountIn(devices, terminals, "pts");
        using DetachedMount shared = DetachedMount.Create("tmpfs", Plain | MountAttributes.NoDevices, "mode=1777");
        MountIn(devices, shared, "shm");
        devices.MakeLink("ptmx", "pts/ptmx");
        devices.MakeLink("fd", "/proc/self/fd");
        devices.MakeLink("stdin", "/proc/self/fd/0");
        devices.MakeLink("stdout", "/proc/self/fd/1");
        devices.MakeLink("stderr", "/proc/self/fd/2");
    }

    private static void TakeNode(ContainerTree tree, OwnDirectory devices, string name)
    {
        using DetachedMount node = tree.CloneOfHost("/dev/" + name) ?? throw new IOException($"/dev/{name}: not on the host");
        node.Restrict(Plain);
        devices.MakeFile(name, "");
        using SafeFileHandle target = devices.OpenEntry(name);
        node.AttachTo(target, "/dev/" + name);
    }

    private static void MountIn(OwnDirectory devices, DetachedMount mount, string name)
    {
        devices.MakeDirectory(name, Modes.Directory);
        using SafeFileHandle target = devices.OpenEntry(name);
        mount.AttachTo(target, "/dev/" + name);
    }
}
