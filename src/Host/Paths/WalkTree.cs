using System.Collections.Immutable;
using ContainerManager.Linux;
using static Tmds.Linux.LibC;

namespace ContainerManager.Host.Paths;

/// <summary>
/// The nodes of one walk. An event only says where to look: each look compares what is there with what the node knows and reports the
/// difference. A directory is watched before it is read. Used in the walk's lane only; may hang with the file system.
/// </summary>
internal sealed class WalkTree(PathPattern pattern, WatchTable table, IPathSink sink, PatternWalk walk)
{
    private readonly ImmutableArray<ComponentPattern> _components = ComponentPattern.Split(pattern);
    private readonly WalkNode _root = new(null, "");

    internal WalkFailures Failures { get; } = new(pattern, sink);

    /// <summary>Looks at everything again.</summary>
    internal void Scan()
    {
        Found found = LookAt("/");
        Failures.Set(_root, Settle(_root, found) ?? found.Failure);
    }

    /// <summary>Looks at one entry of a directory again, and at everything beneath when it is a directory that the pattern leads through.</summary>
    internal void Look(WalkNode directory, string name)
    {
        if (directory.IsDetached || directory.RealPath is null || walk.IsStopped)
        {
            return;
        }

        directory.Children.TryGetValue(name, out WalkNode? child);
        Found found = Find(directory, name, child);
        if (child is null)
        {
            if (found is { Trail: null, Failure: null } && !Means(directory.Level + 1, found))
            {
                return;
            }

            child = directory.AddChild(name);
        }

        child.Seen = directory.Scans;
        List<Interest>? oldTrail = child.Trail;
        child.Trail = found.Trail;
        Leave(oldTrail);
        Failures.Set(child, Settle(child, found) ?? found.Failure);
        if (child.IsVacant)
        {
            child.Detach();
        }
    }

    /// <summary>Looks at a path that was reported, and reports it once more, as being there or as gone.</summary>
    internal void Reexamine(string path)
    {
        WalkNode? node = _root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (node is null || !node.Children.TryGetValue(name, out node))
            {
                return;
            }
        }

        if (node?.Parent is { } parent)
        {
            node.IsDoubted = node.Reported is not null;
            Look(parent, node.Name);
        }
    }

    /// <summary>Whether the pattern ends with the entries of this directory: a look at one is over as soon as it has reported.</summary>
    internal bool IsLast(WalkNode directory) => directory.Level + 1 >= _components.Length + (pattern.EntriesOfDirectory ? 1 : 0);

    /// <summary>Looks again at what could not be watched.</summary>
    internal void Retry()
    {
        foreach (WalkNode node in Failures.Retryable())
        {
            if (node.Parent is { } parent)
            {
                Look(parent, node.Name);
            }
            else
            {
                Scan();
            }
        }
    }

    /// <summary>Gives up every watch, without a word to the sink.</summary>
    internal void Clear() => Forget(_root);

    private Found Find(WalkNode directory, string name, WalkNode? child)
    {
        string path = WalkNode.Join(directory.RealPath!, name);
        Found found = LookAt(path);
        if (!IsLink(found))
        {
            return Readable(found);
        }

        if (pattern.RefusesLinks)
        {
            return Found.Failed($"{path} is a symbolic link, which is not followed here: name the path that it leads to");
        }

        found = new LinkTrail(table, walk, directory, name, InPlaceIn(directory)).Follow(path);
        if (found is { RealPath: null, Failure: null } && child?.Reported is not null)
        {
            // It was there. Perhaps only the link was replaced between reading it and following it: ask once more before it is said to be gone.
            List<Interest>? trail = found.Trail;
            found = LookAt(path);
            found = IsLink(found) ? new LinkTrail(table, walk, directory, name, InPlaceIn(directory)).Follow(path) : found;
            Leave(trail);
        }

        return Readable(found);

        // A link to a file is reported by the link's name; only names that are text can be reported.
        Found Readable(in Found it) => it.RealPath is null || FileName.IsText(name) ? it : Found.Failed(WatchFailure.NotText(path), it.Trail);
    }

    /// <summary>On the way to what the pattern means nothing but names matters.</summary>
    private InPlaceChanges InPlaceIn(WalkNode directory) => IsLast(directory) ? pattern.InPlaceWatched : InPlaceChanges.None;

    private static bool IsLink(in Found found) => found.RealPath is not null && found.Identity.Kind == FileKind.SymbolicLink;

    private static Found LookAt(string path)
    {
        try
        {
            return Found.At(path, FileStatus.OfPath(path));
        }
        catch (KernelException e)
        {
            return Found.Failed(WatchFailure.Reason(e));
        }
    }

    /// <summary>Whether what was found at a level matters: anything at the pattern's end, a directory before it.</summary>
    private bool Means(int level, in Found found) => found.RealPath is not null && (level >= _components.Length || found.IsDirectory);

    /// <summary>Whether the pattern goes on inside of what was found.</summary>
    private bool LeadsInto(int level, in Found found) =>
        found.IsDirectory && (level < _components.Length || (level == _components.Length && pattern.EntriesOfDirectory));

    /// <summary>Makes the node say what was found. Returns what failed.</summary>
    private string? Settle(WalkNode node, in Found found)
    {
        if (LeadsInto(node.Level, found))
        {
            Vanish(node);
            return Enter(node, found.RealPath!);
        }

        LeaveDirectory(node);
        if (!Means(node.Level, found))
        {
            Vanish(node);
        }
        else if ((node.Reported != found.Identity || node.IsDoubted) && !walk.IsStopped)
        {
            node.IsDoubted = false;
            node.Reported = found.Identity;
            sink.PathAppeared(pattern, node.Path, found.Identity);
        }

        return null;
    }

    private void Vanish(WalkNode node)
    {
        if (node.Reported is null)
        {
            return;
        }

        node.IsDoubted = false;
        node.Reported = null;
        if (!walk.IsStopped)
        {
            sink.PathVanished(pattern, node.Path);
        }
    }

    /// <summary>Watches a directory, then looks at its entries. The watch is new each time: it may be another directory of the same name.</summary>
    private string? Enter(WalkNode node, string realPath)
    {
        Interest? old = node.Watch;
        ComponentPattern names = node.Level < _components.Length ? _components[node.Level] : ComponentPattern.Every;
        node.RealPath = realPath;
        node.Watch = null;
        string? failure = null;
        try
        {
            Interest watch = new(walk, node, realPath, names, about: null, InPlaceIn(node));
            table.Add(watch);
            node.Watch = watch;
        }
        catch (KernelException e)
        {
            // Gone since we looked: the directory above has an event for us. Anything else is worth saying; what is there is reported anyway.
            failure = IsGone(e) ? null : WatchFailure.Reason(e);
        }

        Leave(old);
        if (names.Literal is { } name)
        {
            Look(node, name);
            return failure;
        }

        return failure ?? ScanEntries(node, names);
    }

    private string? ScanEntries(WalkNode node, ComponentPattern names)
    {
        node.Scans++;
        string? failure = null;
        try
        {
            foreach (string name in DirectoryNames.Read(node.RealPath!))
            {
                if (names.Matches(name))
                {
                    Look(node, name);
                }
            }
        }
        catch (KernelException e)
        {
            failure = IsGone(e) ? null : WatchFailure.Reason(e);
        }

        LookAtUnseen(node);
        return failure;
    }

    /// <summary>Looks at the entries that we know and the last scan did not find.</summary>
    private void LookAtUnseen(WalkNode node)
    {
        List<string>? unseen = null;
        foreach (WalkNode child in node.Children.Values)
        {
            if (child.Seen != node.Scans)
            {
                (unseen ??= []).Add(child.Name);
            }
        }

        foreach (string name in unseen ?? [])
        {
            Look(node, name);
        }
    }

    /// <summary>The node is no directory to look into any more: what was beneath is gone.</summary>
    private void LeaveDirectory(WalkNode node)
    {
        if (node.RealPath is null)
        {
            return;
        }

        node.RealPath = null;
        Leave(node.Watch);
        node.Watch = null;
        foreach (WalkNode child in node.Children.Values.ToArray())
        {
            Leave(child.Trail);
            child.Trail = null;
            LeaveDirectory(child);
            Vanish(child);
            Failures.Set(child, null);
            child.Detach();
        }
    }

    private void Forget(WalkNode node)
    {
        Leave(node.Watch);
        Leave(node.Trail);
        foreach (WalkNode child in node.Children.Values)
        {
            Forget(child);
        }
    }

    private void Leave(List<Interest>? trail)
    {
        foreach (Interest interest in trail ?? [])
        {
            table.Remove(interest);
        }
    }

    private void Leave(Interest? interest)
    {
        if (interest is not null)
        {
            table.Remove(interest);
        }
    }

    private static bool IsGone(KernelException e) => e.Errno == ENOENT || e.Errno == ENOTDIR;
}
