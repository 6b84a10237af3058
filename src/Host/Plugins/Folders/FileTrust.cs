using ContainerManager.Linux;

namespace ContainerManager.Host.Plugins.Folders;

/// <summary>
/// A plugin runs with all the rights of the server, so nobody but the server's own user may be able to change what is loaded.
/// </summary>
internal static class FileTrust
{
    private const uint WritableByOthers = 0x12; // S_IWGRP | S_IWOTH (inode(7))

    /// <summary>Null when only <paramref name="user"/> can write there; otherwise what is wrong, and the command that helps.</summary>
    internal static string? Complaint(string path, in FileStatus status, uint user) =>
        status.Owner != user ? $"{path} belongs to user {status.Owner}, and only files of user {user} are loaded: chown {user} '{path}'"
        : (status.Mode & WritableByOthers) != 0 ? $"{path} can be written by others than its owner: chmod go-w '{path}'"
        : null;

    /// <exception cref="PluginException">It may not be loaded.</exception>
    internal static void Check(string path, in FileStatus status, uint user)
    {
        if (Complaint(path, status, user) is { } complaint)
        {
            throw new PluginException(PluginState.Refused, complaint);
        }
    }
}
