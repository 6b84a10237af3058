using ContainerManager.Linux;

namespace ContainerManager.Plugins.Lxc;

/// <summary>
/// Who rules over a directory: its owner may put any container in it under any name, and so may whoever can write there or exchange a
/// directory on the way to it. All of these must be one: root, or for the last directory itself one other user.
/// </summary>
internal static class PathOwner
{
    private const uint GroupMayWrite = 0b010_000;
    private const uint OthersMayWrite = 0b010;
    private const uint Sticky = 0b1_000_000_000;
    private const int MostLinks = 40;

    /// <summary>The user id of the owner; null: there is no such directory.</summary>
    /// <exception cref="UnauthorizedAccessException">Somebody else could change what is there. The message says who and where.</exception>
    internal static uint? Of(string path)
    {
        string at = "/";
        uint owner = 0;
        Queue<string> rest = Components(path);
        for (int links = 0; rest.TryDequeue(out string? name);)
        {
            string next = Path.Combine(at, name);
            if (FileStatus.OfPath(next) is not { } status)
            {
                return null;
            }

            if (status.Identity.Kind == FileKind.SymbolicLink)
            {
                RequireRoot(next, status);
                string target = Path.GetFullPath(Path.Combine(at, File.ResolveLinkTarget(next, returnFinalTarget: false)!.FullName));
                rest = ++links <= MostLinks ? new(Components(target).Concat(rest)) : throw new IOException($"{path}: too many symbolic links");
                at = "/";
                continue;
            }

            RequireTrusted(next, status, isLast: rest.Count == 0);
            (at, owner) = (next, status.Owner);
        }

        return Directory.Exists(at) ? owner : null;
    }

    private static Queue<string> Components(string path) => new(path.Split('/', StringSplitOptions.RemoveEmptyEntries));

    private static void RequireTrusted(string path, in FileStatus status, bool isLast)
    {
        if (!isLast)
        {
            RequireRoot(path, status);
        }

        // In a directory with the sticky bit others can add names, but not take away or exchange those that are there.
        bool othersMay = (status.Mode & OthersMayWrite) != 0 || ((status.Mode & GroupMayWrite) != 0 && status.Group != 0);
        if (othersMay && (isLast || (status.Mode & Sticky) == 0))
        {
            throw new UnauthorizedAccessException(
                $"refused: others than its owner can write to {path}, and could name containers at will; chmod go-w {path}");
        }
    }

    private static void RequireRoot(string path, in FileStatus status)
    {
        if (status.Owner != 0)
        {
            throw new UnauthorizedAccessException($"refused: {path} belongs to user {status.Owner}, who could put anything in its place");
        }
    }
}
