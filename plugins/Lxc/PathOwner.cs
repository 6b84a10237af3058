using ContainerManager.Linux;

namespace ContainerManager.Plugins.Lxc;

/// <summary>
/// Who rules over a directory: its owner may put any container in it under any name, and so may whoever owns a directory or a symbolic
/// link on the way to it. That must be one user, or none but root; and nobody else may write to any of these.
/// </summary>
internal static class PathOwner
{
    private const uint GroupMayWrite = 0b010_000;
    private const uint OthersMayWrite = 0b010;
    private const uint Sticky = 0b1_000_000_000;
    private const int MostLinks = 40;

    /// <summary>The user id of the ruler; null: there is no such directory.</summary>
    /// <exception cref="UnauthorizedAccessException">There are several. The message says where.</exception>
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

            owner = Joined(owner, status.Owner, next);
            if (status.Identity.Kind != FileKind.SymbolicLink)
            {
                RequireUnwritable(next, status, isLast: rest.Count == 0);
                at = next;
                continue;
            }

            string link = File.ResolveLinkTarget(next, returnFinalTarget: false)?.FullName ?? throw new IOException($"{next} was changed while it was looked at");
            string target = Path.GetFullPath(link);
            rest = ++links <= MostLinks ? new(Components(target).Concat(rest)) : throw new IOException($"{path}: too many symbolic links");
            at = "/";
        }

        return Directory.Exists(at) ? owner : null;
    }

    private static Queue<string> Components(string path) => new(path.Split('/', StringSplitOptions.RemoveEmptyEntries));

    private static uint Joined(uint before, uint owner, string path) => owner == 0 ? before
        : before == 0 || before == owner ? owner
        : throw new UnauthorizedAccessException($"refused: {path} belongs to user {owner}, and a directory above it to user {before}");

    private static void RequireUnwritable(string path, in FileStatus status, bool isLast)
    {
        // In a directory with the sticky bit others can add names, but not take away or exchange those that are there.
        bool othersMay = (status.Mode & OthersMayWrite) != 0 || ((status.Mode & GroupMayWrite) != 0 && status.Group != 0);
        if (othersMay && (isLast || (status.Mode & Sticky) == 0))
        {
            throw new UnauthorizedAccessException(
                $"refused: others than its owner can write to {path}, and could name containers at will; chmod go-w {path}");
        }
    }
}
