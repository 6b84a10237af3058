namespace ContainerManager.Linux;

/// <summary>
/// Which file something is, whatever its name. Enough to tell a mounted file from its successor: an inode number is not given out
/// again while a mount still holds the old one.
/// </summary>
/// <param name="Device">Major in the upper, minor in the lower 32 bits.</param>
/// <param name="Inode">The inode number.</param>
/// <param name="Kind">What kind of file it is.</param>
/// <param name="Node">Of a device node: what it stands for and who may open it, which is all there is to it; else the default.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode, FileKind Kind, NodeIdentity Node = default)
{
    /// <summary>A character or block device.</summary>
    public bool IsDevice => Kind is FileKind.CharacterDevice or FileKind.BlockDevice;
}

/// <summary>What a device node is: a number, and permissions. A copy of a node with the same is as good as the node.</summary>
/// <param name="Major">Major number of the device (stx_rdev_major).</param>
/// <param name="Minor">Minor number of the device.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Owner">User id.</param>
/// <param name="Group">Group id.</param>
public readonly record struct NodeIdentity(uint Major, uint Minor, uint Mode, uint Owner, uint Group);

/// <summary>The S_IFMT part of a mode (inode(7)).</summary>
public enum FileKind
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>S_IFIFO</summary>
    Fifo = 0x1000,

    /// <summary>S_IFCHR</summary>
    CharacterDevice = 0x2000,

    /// <summary>S_IFDIR</summary>
    Directory = 0x4000,

    /// <summary>S_IFBLK</summary>
    BlockDevice = 0x6000,

    /// <summary>S_IFREG</summary>
    Regular = 0x8000,

    /// <summary>S_IFLNK</summary>
    SymbolicLink = 0xA000,

    /// <summary>S_IFSOCK</summary>
    Socket = 0xC000,
}
