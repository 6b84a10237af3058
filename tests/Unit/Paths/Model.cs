using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Paths;

/// <summary>What a pattern means right now, found by brute force: the kernel resolves the paths, not we.</summary>
internal static class Model
{
    internal static Dictionary<string, FileIdentity> Expand(PathPattern pattern)
    {
        List<string> paths = [""];
        foreach (string component in pattern.Text.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            paths = [.. paths.SelectMany(path => Names(path, component).Select(name => path + "/" + name))];
        }

        Dictionary<string, FileIdentity> found = [];
        foreach (string path in paths)
        {
            string[] meant = pattern.EntriesOfDirectory && Directory.Exists(path) ? Directory.GetFileSystemEntries(path) : [path];
            foreach (string one in meant)
            {
                if (Identify(one) is { } identity)
                {
                    found.Add(one, identity);
                }
            }
        }

        return found;
    }

    /// <summary>What a path finally leads to.</summary>
    internal static FileIdentity? Identify(string path)
    {
        for (int links = 0; links <= 40; links++)
        {
            FileIdentity? identity;
            try
            {
                identity = FileStatus.OfPath(path)?.Identity;
            }
            catch (KernelException e) when (e.Errno == Tmds.Linux.LibC.ELOOP)
            {
                return null;
            }

            if (identity?.Kind != FileKind.SymbolicLink)
            {
                return identity;
            }

            string target = SymbolicLink.Read(path);
            path = target.StartsWith('/') ? target : path[..path.LastIndexOf('/')] + "/" + target;
        }

        return null;
    }

    private static IEnumerable<string> Names(string directory, string component)
    {
        if (!component.AsSpan().ContainsAny("*?["))
        {
            return [component];
        }

        return Directory.Exists(directory)
            ? Directory.GetFileSystemEntries(directory).Select(Path.GetFileName).OfType<string>().Where(name => Glob.Matches(component, name))
            : [];
    }
}
