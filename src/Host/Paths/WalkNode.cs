using ContainerManager.Linux;

namespace ContainerManager.Host.Paths;

/// <summary>What a walk knows of one path that its pattern means, or that leads there. Touched in the walk's lane only.</summary>
internal sealed class WalkNode(WalkNode? parent, string name)
{
    private string? _path;

    internal WalkNode? Parent => parent;

    internal string Name => name;

    /// <summary>How many components of the pattern lead here; 0 for <c>/</c>.</summary>
    internal int Level { get; } = parent is null ? 0 : parent.Level + 1;

    /// <summary>The path as the pattern says it.</summary>
    internal string Path => _path ??= parent is null ? "/" : Join(parent.Path, name);

    /// <summary>Where the directory really is, free of symbolic links; null: not there, or no directory that the pattern looks into.</summary>
    internal string? RealPath { get; set; }

    /// <summary>The watch on that directory; null when the kernel refused it.</summary>
    internal Interest? Watch { get; set; }

    /// <summary>The watches along a symbolic link's way, beyond the parent's own.</summary>
    internal List<Interest>? Trail { get; set; }

    /// <summary>What the sink was told; null: that it is not there.</summary>
    internal FileIdentity? Reported { get; set; }

    /// <summary>Somebody did not find what was reported: it is to be reported again.</summary>
    internal bool IsDoubted { get; set; }

    /// <summary>Why the node cannot be watched fully.</summary>
    internal string? Failure { get; set; }

    /// <summary>By name: what is there, and what waits for the end of a symbolic link or a failure.</summary>
    internal Dictionary<string, WalkNode> Children { get; private set; } = Nobody;

    /// <summary>Of the parent's scans, the last that saw this node.</summary>
    internal int Seen { get; set; }

    /// <summary>Counts the scans of this directory.</summary>
    internal int Scans { get; set; }

    /// <summary>No longer part of the tree: what is still queued for it means nothing.</summary>
    internal bool IsDetached { get; private set; }

    /// <summary>True when there is nothing to remember.</summary>
    internal bool IsVacant => RealPath is null && Reported is null && Trail is null && Failure is null;

    private static Dictionary<string, WalkNode> Nobody { get; } = [];

    internal WalkNode AddChild(string childName)
    {
        if (ReferenceEquals(Children, Nobody))
        {
            Children = [];
        }

        WalkNode child = new(this, childName);
        Children.Add(childName, child);
        return child;
    }

    internal void Detach()
    {
        IsDetached = true;
        parent?.Children.Remove(name);
    }

    internal static string Join(string directory, string entry) =>
        directory.Length == 1 ? string.Concat("/", entry) : string.Concat(directory, "/", entry);
}
