using ContainerManager.Linux;

namespace ContainerManager.Host.Plugins.Folders;

/// <summary>
/// A plugin runs with all the rights of the server, so nobody but the server's own user may be able to change what is loaded.
/// </summary>
internal static class FileTrust
{
    private const uint WritableByOthers = 0x12; // S_IWGRP | S_IWOTH (inode(7))
    private const uint Sticky = 0x200; // S_ISVTX

    /// <summary>Null when only <paramref name="user"/> can write there; otherwise what is wrong, and the command that helps.</summary>
    internal static string? Complaint(string path, in FileStatus status, uint user) =>
        status.Owner != user ? $"{path} belongs to user {status.Owner}, and only files of user {user} are loaded: chown {user} '{path}'"
        : (status.Mode & WritableByOthers) != 0 ? $"{path} can be written by others than its owner: chmod go-w '{path}'"
        : null;

    /// <summary>
    /// Who can write in a directory on the way can put another way there. In one that is sticky, such as <c>/tmp</c>, nobody can move what is another's.
    /// </summary>
    /// <param name="directory">Free of symbolic links.</param>
    /// <param name="user">The server's; the host's root is trusted, too.</param>
    /// <exception cref="PluginException">It may not be loaded from there.</exception>
    internal static void CheckWayTo(string directory, uint user)
    {
        for (string? way = Path.GetDirectoryName(directory); way is not null; way = Path.GetDirectoryName(way))
        {
            FileStatus status = FileStatus.OfPath(way) ?? throw new FileNotFoundException($"{way} is gone");
            bool others = status.Owner != user && status.Owner != 0;
            if (others || ((status.Mode & WritableByOthers) != 0 && (status.Mode & Sticky) == 0))
            {
                throw new PluginException(
                    PluginState.Refused, $"{way}, on the way to {directory}, can be written by others: chmod go-w '{way}', or put the plugins elsewhere")
                {
                    OthersCanChangeIt = true,
                };
            }
        }
    }

    /// <exception cref="PluginException">It may not be loaded.</exception>
    internal static void Check(string path, in FileStatus status, uint user)
    {
        if (Complaint(path, status, user) is { } complaint)
        {
            throw new PluginException(PluginState.Refused, complaint) { OthersCanChangeIt = true };
        }
    }
}
