using System.Runtime.InteropServices;

namespace ContainerManager.Tests.Integration.Paths;

/// <summary>mount(2) and umount2(2) as they are.</summary>
internal static class Mounts
{
    private const int MS_BIND = 0x1000;
    private const int MS_MOVE = 0x2000;
    private const int MS_PRIVATE = 0x40000;
    private const int MNT_DETACH = 2;

    internal static void Tmpfs(string target) => Mount("tmpfs", target, "tmpfs", 0, "size=1m");

    internal static void MakePrivate(string target) => Mount("none", target, null, MS_PRIVATE, null);

    internal static void Bind(string source, string target) => Mount(source, target, null, MS_BIND, null);

    internal static void Move(string source, string target) => Mount(source, target, null, MS_MOVE, null);

    /// <param name="device">An open /dev/fuse; whoever reads it is the file system.</param>
    /// <param name="target">A directory.</param>
    internal static void Fuse(SafeHandle device, string target) =>
        Mount("hung", target, "fuse", 0, $"fd={device.DangerousGetHandle()},rootmode=40000,user_id=0,group_id=0");

    /// <summary>Takes the topmost mount away, though somebody may be looking into it at this moment; does not look itself.</summary>
    internal static void Unmount(string target) => Check(umount2(target, MNT_DETACH), $"umount -l {target}");

    private static void Mount(string source, string target, string? type, nuint flags, string? data) =>
        Check(mount(source, target, type, flags, data), $"mount {source} {target}");

    private static void Check(int result, string call)
    {
        if (result != 0)
        {
            throw new IOException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int mount(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string source,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string target,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string? type,
        nuint flags,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string? data);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int umount2([MarshalAs(UnmanagedType.LPUTF8Str)] string target, int flags);
}
