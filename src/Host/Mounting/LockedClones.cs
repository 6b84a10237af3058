using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Mounting;

/// <summary>
/// Makes what is read-only or noexec stay so, and what is mounted over stay hidden, in a container whose root is root of a user namespace of its
/// own: he may remount and unmount what is in his mount namespace, but not what the kernel has locked.
/// </summary>
/// <remarks>
/// The kernel locks the flags of a mount when it propagates into a mount namespace of another user namespace (mount_namespaces(7)), and
/// a clone keeps the locks. So each such mount passes through a transit namespace: mounted in a shared directory of the host, cloned
/// from its slave in the transit namespace, taken away again. Both are made at the first use, and by no more than that.
/// </remarks>
internal sealed class LockedClones : IDisposable
{
    private readonly string _directory;
    private readonly NamespaceHolder _holder;
    private readonly MountNamespaceEntrance _entrance;
    private readonly Lock _lock = new();
    private PropagatingDirectory? _stage;
    private SafeFileHandle? _transit;

    /// <param name="directory">An own directory; mounted upon. What a killed server has left there is taken away.</param>
    /// <param name="holder">Makes the transit namespace.</param>
    /// <param name="entrance">Clones from it.</param>
    internal LockedClones(string directory, NamespaceHolder holder, MountNamespaceEntrance entrance)
    {
        (_directory, _holder, _entrance) = (directory, holder, entrance);
        PropagatingDirectory.Clear(directory);
    }

    /// <summary>The same mount with its flags locked; the given one is used up.</summary>
    /// <exception cref="IOException">It could not be done.</exception>
    internal DetachedMount Lock(DetachedMount clone)
    {
        PropagatingDirectory stage = Open();
        bool isDirectory = clone.Status.Identity.Kind == FileKind.Directory;
        int name = stage.Place(clone);
        try
        {
            return _entrance.Clone(_transit!, name, clone.IsRecursive);
        }
        finally
        {
            clone.Dispose();
            stage.Remove(name, isDirectory);
        }
    }

    public void Dispose()
    {
        _transit?.Dispose();
        _stage?.Dispose();
    }

    private PropagatingDirectory Open()
    {
        lock (_lock)
        {
            if (_stage is null || _transit is null)
            {
                Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                _stage ??= new PropagatingDirectory(_directory);
                _transit = _holder.MountNamespaceOf(_directory);
            }

            return _stage;
        }
    }
}
