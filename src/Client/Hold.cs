using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client;

/// <summary>
/// <c>client hold</c>: is the process of new namespaces until the server has opened them. With a root it leaves nothing of the host in
/// its mount namespace but that directory, which goes on receiving what is mounted in it.
/// </summary>
internal static class Hold
{
    internal static int Run(string? root)
    {
        try
        {
            if (root is not null)
            {
                KeepOnly(root);
            }
        }
        catch (IOException failure)
        {
            Descriptor.Write(Descriptor.StandardError, $"client: {failure.Message}\n");
            return 1;
        }

        Descriptor.Write(Descriptor.StandardOutput, "ready\n");
        using SafeFileHandle input = new(0, ownsHandle: false);
        while (Descriptor.ReadByte(input) >= 0)
        {
        }

        return 0;
    }

    /// <summary>The clone of a slave is a slave of the same master.</summary>
    private static void KeepOnly(string path)
    {
        using SafeFileHandle oldRoot = OwnDirectory.Open("/");
        using SafeFileHandle directory = OwnDirectory.Open(path);
        using DetachedMount root = DetachedMount.Clone(directory, path);
        root.AttachTo(directory, path);
        RootDirectory.PivotTo(root.Handle);
        RootDirectory.Detach(oldRoot);
    }
}
