using ContainerManager.Host.Paths;

namespace ContainerManager.Host.Configuration;

/// <summary>Where a source goes inside the container: <c>"Absolute"</c>, <c>"Host"</c> or <c>{ "target": … }</c>.</summary>
internal abstract record TargetMapping
{
    private TargetMapping() { }

    /// <summary>The path inside for a path that the pattern found. Both are absolute and normalised.</summary>
    internal abstract string TargetOf(PathPattern pattern, string path);

    /// <summary>The same path.</summary>
    internal sealed record Absolute : TargetMapping
    {
        internal override string TargetOf(PathPattern pattern, string path) => path;
    }

    /// <summary>The same path beneath <c>/host</c>.</summary>
    internal sealed record UnderHost : TargetMapping
    {
        internal override string TargetOf(PathPattern pattern, string path) => path == "/" ? "/host" : "/host" + path;
    }

    /// <summary>
    /// A path of its own. What a pattern with wildcards or a watched directory finds goes beneath it, by the part of its path that the
    /// pattern's fixed part does not say: <c>/run/user/*/bus</c> to <c>/x</c> makes <c>/x/1000/bus</c>.
    /// </summary>
    internal sealed record To(string Target) : TargetMapping
    {
        internal override string TargetOf(PathPattern pattern, string path)
        {
            ReadOnlySpan<char> rest = path.AsSpan(FixedLength(pattern)).TrimStart('/');
            return rest.IsEmpty ? Target : string.Concat(Target == "/" ? "" : Target, "/", rest);
        }

        /// <summary>Length of the leading components without wildcards; the whole pattern when it has none.</summary>
        private static int FixedLength(PathPattern pattern) => pattern.HasWildcard
            ? pattern.Text.AsSpan(0, pattern.Text.AsSpan().IndexOfAny('*', '?', '[')).LastIndexOf('/')
            : pattern.Text.Length;
    }
}
