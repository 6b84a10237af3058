using System.Collections.Immutable;

namespace ContainerManager.Plugins.Lxc;

/// <summary>The lxcpaths that are followed, and who may be believed about each.</summary>
/// <param name="defaultPath">The host's default lxcpath: only root's containers.</param>
/// <param name="named">Those that the settings name: also an ordinary user's.</param>
internal sealed class FollowedPaths(string defaultPath, ImmutableArray<string> named)
{
    internal ImmutableArray<string> All { get; } = [.. named.Prepend(defaultPath).Distinct(StringComparer.Ordinal)];

    /// <summary>As whom an lxcpath is used; null: it does not exist.</summary>
    /// <exception cref="UnauthorizedAccessException">Nobody can be believed about it. The message says why, and what to do.</exception>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    internal Account? AccountOf(string path)
    {
        if (PathOwner.Of(path) is not { } owner)
        {
            return null;
        }

        return owner == 0 || named.Contains(path) ? Account.Of(owner)
            : All.Contains(path) ? throw new UnauthorizedAccessException(
                $"refused: it, or a directory above it, belongs to user {owner}; name it in settings.plugins.Lxc.paths if this user may have containers here")
            : throw new UnauthorizedAccessException("it is not followed");
    }
}
