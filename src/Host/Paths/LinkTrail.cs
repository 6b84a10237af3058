using ContainerManager.Linux;
using static Tmds.Linux.LibC;

namespace ContainerManager.Host.Paths;

/// <summary>
/// Follows one symbolic link, component by component, and leaves a watch on every directory along the way before it looks into it, so
/// that whatever changes where the link leads is heard of.
/// </summary>
/// <param name="table">Where it watches.</param>
/// <param name="walk">Whose link it is.</param>
/// <param name="directory">The node of the link's directory.</param>
/// <param name="name">The link's.</param>
/// <param name="inPlace">What of the file at its end matters while that stays the same file.</param>
internal sealed class LinkTrail(WatchTable table, PatternWalk walk, WalkNode directory, string name, InPlaceChanges inPlace)
{
    /// <summary>As the kernel's MAXSYMLINKS (path_resolution(7)).</summary>
    private const int LinkLimit = 40;

    private readonly Stack<string> _ahead = new();
    private readonly List<Interest> _watches = [];
    private string _real = directory.RealPath!;

    /// <summary>Looks where the link at <paramref name="link"/>, an entry of the directory, leads.</summary>
    internal Found Follow(string link)
    {
        try
        {
            return FollowAhead(link);
        }
        catch (KernelException e) when (e.Errno == ENOENT || e.Errno == ENOTDIR || e.Errno == EINVAL)
        {
            // It changed under our eyes: an event is on its way.
            return Found.At(link, null, _watches);
        }
        catch (KernelException e)
        {
            return Found.Failed(WatchFailure.Reason(e), _watches);
        }
    }

    private Found FollowAhead(string link)
    {
        FileStatus? status = null;
        int links = 1;
        Push(SymbolicLink.Read(link));
        while (_ahead.TryPop(out string? component))
        {
            if (component is "." or "..")
            {
                _real = component == "." ? _real : ParentOf(_real);
                status = null;
                continue;
            }

            Watch(component);
            string path = WalkNode.Join(_real, component);
            status = FileStatus.OfPath(path);
            FileKind? kind = status?.Identity.Kind;
            if (kind == FileKind.SymbolicLink)
            {
                if (++links > LinkLimit)
                {
                    return Found.Failed($"{link}: too many levels of symbolic links, perhaps a loop", _watches);
                }

                Push(SymbolicLink.Read(path));
            }
            else if (kind is null || (_ahead.Count > 0 && kind != FileKind.Directory))
            {
                return Found.At(path, null, _watches);
            }
            else
            {
                _real = path;
            }
        }

        return Found.At(_real, status is { Identity.Kind: not FileKind.SymbolicLink } ? status : FileStatus.OfPath(_real), _watches);
    }

    private void Watch(string component)
    {
        bool isLast = _ahead.All(rest => rest == ".");
        Interest interest = new(walk, directory, _real, ComponentPattern.Exactly(component), about: name, isLast ? inPlace : InPlaceChanges.None);
        table.Add(interest);
        _watches.Add(interest);
    }

    private void Push(string target)
    {
        if (target.StartsWith('/'))
        {
            _real = "/";
        }

        if (target.EndsWith('/'))
        {
            _ahead.Push(".");
        }

        string[] components = target.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = components.Length - 1; i >= 0; i--)
        {
            _ahead.Push(components[i]);
        }
    }

    private static string ParentOf(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? "/" : path[..slash];
    }
}
