using System.Collections.Immutable;

namespace ContainerManager.Host.Configuration.Cdi;

/// <summary>A device of the Container Device Interface: what its vendor says that a container needs of the host to use it.</summary>
/// <param name="Name"><c>vendor.com/class=name</c></param>
/// <param name="Paths">Its device nodes and mounts, with those that its specification brings to all of its devices.</param>
/// <param name="Environment">Each <c>NAME=value</c>.</param>
internal sealed record CdiDevice(string Name, ImmutableArray<PathRule> Paths, ImmutableArray<string> Environment)
{
    /// <summary>What it says, for comparison: equal texts mean the same.</summary>
    internal string Text => string.Join('\n', [Name, .. Paths.Select(path => $"{path.Source} {path.Mapping} {path.Options}"), .. Environment]);
}
