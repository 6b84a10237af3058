using ContainerManager.Linux;

namespace ContainerManager.Host.Paths;

/// <summary>Changes of a file that stays the same file. Each is asked of the kernel where somebody wants it, and nowhere else: it wakes us.</summary>
[Flags]
internal enum InPlaceChanges : uint
{
    None = 0,

    /// <summary>Another owner or mode (or other metadata).</summary>
    Attributes = InotifyMask.IN_ATTRIB,

    /// <summary>Somebody who could write has closed it.</summary>
    Content = InotifyMask.IN_CLOSE_WRITE,
}
