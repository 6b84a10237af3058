using ContainerManager.Linux;

namespace ContainerManager.Host.Paths;

/// <summary>What is at the end of a path.</summary>
/// <param name="RealPath">Where it is, free of symbolic links; null: nothing is there.</param>
/// <param name="Identity">Which file it is.</param>
/// <param name="Trail">Watches along the way of a symbolic link; null when there was none.</param>
/// <param name="Failure">Why nothing was found, when the reason is not that nothing is there.</param>
internal readonly record struct Found(string? RealPath, FileIdentity Identity, List<Interest>? Trail, string? Failure)
{
    internal bool IsDirectory => RealPath is not null && Identity.Kind == FileKind.Directory;

    internal static Found At(string path, in FileStatus? status, List<Interest>? trail = null) =>
        status is { } there ? new Found(path, there.Identity, trail, null) : new Found(null, default, trail, null);

    internal static Found Failed(string reason, List<Interest>? trail = null) => new(null, default, trail, reason);
}
