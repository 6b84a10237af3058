using System.Buffers.Text;
using System.Globalization;
using ContainerManager.Linux.Namespaces;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// Mounts and unmounts in the mount namespaces of containers, by descriptors prepared outside. Any thread may call; it stands in the
/// container for the few system calls of one routine and is back before the method returns.
/// </summary>
public sealed class MountNamespaceEntrance : IDisposable
{
    private readonly SafeFileHandle _namespace = OpenOwn("/proc/self/ns/mnt", O_RDONLY);
    private readonly SafeFileHandle _root = OpenOwn("/", O_PATH | O_DIRECTORY);
    private readonly SafeFileHandle _descriptors = OpenOwn("/proc/self/fd", O_PATH | O_DIRECTORY);

    /// <summary>Opens our own namespace to return to, and warms the routines.</summary>
    /// <exception cref="KernelException">/proc is not there.</exception>
    public MountNamespaceEntrance() => InsideRoutines.WarmUp(NewFrame());

    /// <summary>Attaches a clone to a target.</summary>
    /// <param name="mountNamespace">The container's.</param>
    /// <param name="tree">The clone.</param>
    /// <param name="target">O_PATH, resolved in the container's root; of the clone's kind.</param>
    /// <param name="path">For the message.</param>
    /// <exception cref="KernelException">The container does not let itself be entered, or the target cannot be mounted upon.</exception>
    public unsafe void Attach(SafeFileHandle mountNamespace, SafeFileHandle tree, SafeFileHandle target, string path)
    {
        using HandleUse ns = new(mountNamespace), from = new(tree), to = new(target);
        InsideFrame frame = FrameFor(ns.Descriptor, from.Descriptor, to.Descriptor);
        InsideRoutines.Attach(&frame);
        Check(frame, path);
    }

    /// <summary>Puts a clone in the place of the mount whose root <paramref name="mount"/> is, without a gap.</summary>
    /// <exception cref="KernelException">
    /// EINVAL from <c>move_mount(MOVE_MOUNT_BENEATH)</c>: the kernel is older than 6.5 or the mount is locked; nothing was changed.
    /// </exception>
    public unsafe void Swap(SafeFileHandle mountNamespace, SafeFileHandle tree, SafeFileHandle mount, string path)
    {
        using HandleUse ns = new(mountNamespace), from = new(tree), to = new(mount);
        InsideFrame frame = FrameFor(ns.Descriptor, from.Descriptor, to.Descriptor);
        InsideRoutines.Swap(&frame);
        Check(frame, path);
    }

    /// <summary>Takes the mount whose root <paramref name="mount"/> is away (MNT_DETACH: open files keep working).</summary>
    /// <exception cref="KernelException">It is locked, or not a mount's root.</exception>
    public unsafe void Detach(SafeFileHandle mountNamespace, SafeFileHandle mount, string path)
    {
        using HandleUse ns = new(mountNamespace), to = new(mount);
        InsideFrame frame = FrameFor(ns.Descriptor, -1, to.Descriptor);
        InsideRoutines.Detach(&frame);
        Check(frame, path);
    }

    /// <summary>Clones what is mounted at a name in the root of another mount namespace; usable in any.</summary>
    /// <param name="mountNamespace">The other one.</param>
    /// <param name="name">A number: the name.</param>
    /// <param name="recursive">Mounts beneath it come along.</param>
    /// <exception cref="KernelException">ENOENT: nothing is there.</exception>
    public unsafe DetachedMount Clone(SafeFileHandle mountNamespace, int name, bool recursive)
    {
        using HandleUse ns = new(mountNamespace);
        InsideFrame frame = FrameFor(ns.Descriptor, -1, name);
        frame.Recursive = recursive;
        InsideRoutines.Clone(&frame);
        Check(frame, name.ToString(CultureInfo.InvariantCulture));
        return new DetachedMount(new SafeFileHandle(frame.Tree, ownsHandle: true), recursive);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _namespace.Dispose();
        _root.Dispose();
        _descriptors.Dispose();
    }

    private static SafeFileHandle OpenOwn(string path, int flags)
    {
        unsafe
        {
            using PathBytes bytes = new(path);
            int fd = Libc.openat(AT_FDCWD, bytes.Pointer, flags | O_CLOEXEC, 0);
            return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("open", path);
        }
    }

    private static void Check(in InsideFrame frame, string path)
    {
        if (frame.Stranded)
        {
            Environment.FailFast("A thread could not leave a container's mount namespace; going on would touch the container's files.");
        }

        if (frame.Error != 0)
        {
            throw new KernelException(NameOf(frame.FailedCall), path, frame.Error);
        }
    }

    private static string NameOf(InsideCall call) => call switch
    {
        InsideCall.Unshare => "unshare(CLONE_FS)",
        InsideCall.Enter => "setns(CLONE_NEWNS)",
        InsideCall.AttachBeneath => "move_mount(MOVE_MOUNT_BENEATH)",
        InsideCall.Unmount => "umount2(MNT_DETACH)",
        InsideCall.Clone => "open_tree in the transit namespace",
        _ => "move_mount",
    };

    private InsideFrame NewFrame() => new()
    {
        OwnNamespace = (int)_namespace.DangerousGetHandle(),
        OwnRoot = (int)_root.DangerousGetHandle(),
        OwnDescriptors = (int)_descriptors.DangerousGetHandle(),
    };

    private unsafe InsideFrame FrameFor(int mountNamespace, int tree, int target)
    {
        InsideFrame frame = NewFrame();
        frame.ContainerNamespace = mountNamespace;
        frame.Tree = tree;
        frame.Target = target;
        Utf8Formatter.TryFormat(target, new Span<byte>(frame.TargetName, 11), out int length);
        frame.TargetName[length] = 0;
        return frame;
    }
}
