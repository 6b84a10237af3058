namespace ContainerManager.Host.Paths;

/// <summary>That a walk wants to hear of names in a watched directory. Linked into the table; belongs to one watch at a time.</summary>
/// <param name="walk">Who wants to know.</param>
/// <param name="node">The node to look at again.</param>
/// <param name="directory">The real path through which the directory is watched.</param>
/// <param name="names">Which names matter.</param>
/// <param name="about">
/// The node's entry to look at again whatever the name: a step of a symbolic link's way. Null: the entry of the name that was heard of.
/// </param>
/// <param name="inPlace">What of the names matters beside their coming and going.</param>
internal sealed class Interest(
    PatternWalk walk, WalkNode node, string directory, ComponentPattern names, string? about, InPlaceChanges inPlace = InPlaceChanges.None)
{
    internal string Directory => directory;

    internal ComponentPattern Names => names;

    /// <summary>The watch descriptor; set by the table.</summary>
    internal int Watch { get; set; }

    internal Interest? Next { get; set; }

    internal Interest? Previous { get; set; }

    internal InPlaceChanges InPlace => inPlace;

    /// <summary>Something happened to a name in the directory.</summary>
    /// <param name="name">Which.</param>
    /// <param name="isInPlace">It is the same file as before, with another content, owner or mode.</param>
    internal void Changed(string name, bool isInPlace)
    {
        if (isInPlace)
        {
            walk.Reexamine(WalkNode.Join(node.Path, about ?? name));
        }
        else
        {
            walk.LookAgain(node, about ?? name);
        }
    }

    /// <summary>The watch itself has ended: the directory is gone, or its file system.</summary>
    internal void Lost()
    {
        if (about is not null)
        {
            walk.LookAgain(node, about);
        }
        else if (node.Parent is { } parent)
        {
            walk.LookAgain(parent, node.Name);
        }
        else
        {
            walk.ScanAgain();
        }
    }
}
