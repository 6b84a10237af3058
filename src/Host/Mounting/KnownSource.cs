using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Mounting;

/// <summary>What is known of a source before it is mounted.</summary>
/// <param name="Identity">Which file it is; the default: it is not known, or does not matter.</param>
/// <param name="Opened">The file itself, where the way to it is not to be walked a second time; null: the path is followed.</param>
internal readonly record struct KnownSource(FileIdentity Identity, SafeFileHandle? Opened) : IDisposable
{
    /// <summary>
    /// Opens the source where it may be reached without symbolic links only. A device node is made from what was seen of it: that it is the one at the
    /// path must be certain, too, since whoever can change the way there could have led the look astray for a moment.
    /// </summary>
    /// <param name="path">Where it is.</param>
    /// <param name="identity">Which file it is known to be.</param>
    /// <param name="refusesLinks">It may be reached without symbolic links only; otherwise the path is followed, later.</param>
    /// <exception cref="KernelException">A symbolic link is in its path, or it is gone.</exception>
    /// <exception cref="MountRefusedException">Another file is there.</exception>
    internal static KnownSource Of(string path, FileIdentity identity, bool refusesLinks)
    {
        if (!refusesLinks)
        {
            return new KnownSource(identity, null);
        }

        SafeFileHandle opened = PlainPath.Open(path);
        FileIdentity there = FileStatus.OfHandle(opened).Identity;
        if (identity.IsDevice && (there.Device, there.Inode, there.Kind) != (identity.Device, identity.Inode, identity.Kind))
        {
            opened.Dispose();
            throw new MountRefusedException($"{path} is another file than the one that was found there: it is mounted when it stays the same");
        }

        return new KnownSource(identity, opened);
    }

    /// <inheritdoc/>
    public void Dispose() => Opened?.Dispose();
}
