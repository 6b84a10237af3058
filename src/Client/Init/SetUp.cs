using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Init;

/// <summary>Turns new, empty namespaces into a container.</summary>
internal static class SetUp
{
    /// <summary>Where the new root is first mounted. What it hides there is needed for nothing.</summary>
    private static readonly string[] Stages = ["/tmp", "/mnt", "/run"];

    /// <exception cref="IOException">It could not be done.</exception>
    internal static void Run(InitOptions options)
    {
        OwnProcess.SetFileModeMask(0);
        RootDirectory.MakeAllPrivate();
        using SafeFileHandle oldRoot = OwnDirectory.Open("/");
        // As the host's root, who may pass directories that the container's root may not.
        string place = options.Root ?? Array.Find(Stages, Directory.Exists) ?? throw new IOException("the host has none of /tmp, /mnt, /run");
        using SafeFileHandle stage = OwnDirectory.Open(place);
        using DetachedMount? given = options.Root is null ? null : DetachedMount.Clone(stage, place);
        OwnProcess.BecomeRoot();
        using DetachedMount root = given ?? DetachedMount.Create("tmpfs", MountAttributes.NoSetUserId | MountAttributes.NoDevices, "mode=0755");
        root.AttachTo(stage, "new root");
        RootDirectory.PivotTo(root.Handle);
        ContainerTree tree = new(root.Handle, oldRoot);
        if (options.Root is null)
        {
            HostUsrRoot.Fill(tree, options);
        }

        KernelFileSystems.Mount(tree, options);
        Devices.Mount(tree);
        OwnProcess.SetHostName(options.Name);
        if (!options.HostNetwork)
        {
            Loopback.BringUp();
        }

        RootDirectory.Detach(oldRoot);
        OwnProcess.SetFileModeMask(Modes.UsualMask);
    }
}
