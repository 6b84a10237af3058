namespace ContainerManager.Abstractions;

/// <summary>How a path is mounted (mount_setattr(2)). The default leaves everything as on the host.</summary>
public sealed record MountOptions
{
    /// <summary>No option set.</summary>
    public static MountOptions Default { get; } = new();

    /// <summary>MOUNT_ATTR_RDONLY.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>MOUNT_ATTR_NOEXEC.</summary>
    public bool NoExec { get; init; }

    /// <summary>
    /// The source's owner is seen as this one, and what this one writes belongs to the source's owner outside (MOUNT_ATTR_IDMAP). Null: as on the
    /// host. Of a device node: the container gets a node of its own that belongs to this one.
    /// </summary>
    public FileOwner? Owner { get; init; }

    /// <summary>
    /// The permission bits (0 to 0777) of a device node: the container gets a node of its own with them. Null: as on the host. Nothing but a
    /// device node can have it.
    /// </summary>
    public uint? Mode { get; init; }

    /// <summary>File systems mounted beneath a directory come along (AT_RECURSIVE). Default: true.</summary>
    public bool Recursive { get; init; } = true;
}
