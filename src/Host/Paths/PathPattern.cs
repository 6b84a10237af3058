namespace ContainerManager.Host.Paths;

/// <summary>What to watch: an absolute path whose components may hold <c>*</c>, <c>?</c> and <c>[…]</c>.</summary>
/// <param name="Text">Absolute, normalised: no empty, <c>.</c> or <c>..</c> component, no slash at the end.</param>
/// <param name="EntriesOfDirectory">
/// When what is found is a directory, its entries are meant, singly (<c>_inotify_watch</c>), and not the directory (<c>_automount</c>).
/// </param>
/// <param name="IsLiteral">The characters of wildcards stand for themselves: a path that somebody named, not a pattern.</param>
/// <param name="InPlace">What of a file that is reported again while it stays the same file.</param>
/// <param name="RefusesLinks">
/// No symbolic link is followed, neither on the way nor at the end: who named the path is trusted with it, and not with what it may be made to lead to.
/// </param>
internal readonly record struct PathPattern(
    string Text, bool EntriesOfDirectory, bool IsLiteral = false, InPlaceChanges InPlace = InPlaceChanges.None, bool RefusesLinks = false)
{
    /// <summary>
    /// What is watched for. A device node gets its owner and its permissions a moment after it is made, and what the container gets is a node of its own with the same.
    /// </summary>
    internal InPlaceChanges InPlaceWatched => Text.StartsWith("/dev/", StringComparison.Ordinal) ? InPlace | InPlaceChanges.Attributes : InPlace;

    /// <summary>True when a component holds a wildcard.</summary>
    internal bool HasWildcard => !IsLiteral && Text.AsSpan().ContainsAny('*', '?', '[');

    /// <summary>False when the path is certainly none that the pattern means.</summary>
    internal bool MayMean(string path)
    {
        if (HasWildcard)
        {
            return path.AsSpan().StartsWith(Text.AsSpan(0, Text.AsSpan().IndexOfAny('*', '?', '[')));
        }

        return path == Text || (EntriesOfDirectory && path.StartsWith(Text, StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
