namespace ContainerManager.Linux;

/// <summary>
/// Which file something is, whatever its name. Enough to tell a mounted file from its successor: an inode number is not given out
/// again while a mount still holds the old one.
/// </summary>
/// <param name="Device">Major in the upper, minor in the lower 32 bits.</param>
/// <param name="Inode">The inode number.</param>
/// <param name="Kind">What kind of file it is.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode, FileKind Kind);

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
