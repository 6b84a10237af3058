using ContainerManager.Host.State;
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
    /// <exception cref="KernelException">A symbolic link is in its path, or it is gone.</exception>
    /// <exception cref="MountRefusedException">Another file is there.</exception>
    internal static KnownSource Of(Desired desired)
    {
        if (!desired.RefusesLinks)
        {
            return new KnownSource(desired.Identity, null);
        }

        SafeFileHandle opened = PlainPath.Open(desired.Source);
        FileIdentity there = FileStatus.OfHandle(opened).Identity;
        if (desired.Identity.IsDevice && (there.Device, there.Inode, there.Kind) != (desired.Identity.Device, desired.Identity.Inode, desired.Identity.Kind))
        {
            opened.Dispose();
            throw new MountRefusedException($"{desired.Source} is another file than the one that was found there: it is mounted when it stays the same");
        }

        return new KnownSource(desired.Identity, opened);
    }

    /// <inheritdoc/>
    public void Dispose() => Opened?.Dispose();
}
