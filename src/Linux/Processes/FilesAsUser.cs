using ContainerManager.Linux.Native;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// As long as it lives, this thread's files are made and opened with the rights of another user (setfsuid(2)): root may write into a user's directory by it and
/// is not led elsewhere by the links that are there. To be disposed on the same thread.
/// </summary>
public readonly struct FilesAsUser : IDisposable
{
    private readonly uint _user = geteuid();
    private readonly uint _group = getegid();

    /// <summary>Begins.</summary>
    /// <param name="user">User id.</param>
    /// <param name="group">Group id.</param>
    /// <exception cref="KernelException">EPERM: we may not be that user.</exception>
    public FilesAsUser(uint user, uint group)
    {
        _ = Libc.setfsgid(group);
        _ = Libc.setfsuid(user);

        // They say only who it was before: an id that nobody has changes nothing.
        if (Libc.setfsuid(uint.MaxValue) != user || Libc.setfsgid(uint.MaxValue) != group)
        {
            Dispose();
            throw new KernelException("setfsuid", $"{user}:{group}", EPERM);
        }
    }

    /// <summary>We are ourselves again.</summary>
    public void Dispose()
    {
        _ = Libc.setfsuid(_user);
        _ = Libc.setfsgid(_group);
    }
}
