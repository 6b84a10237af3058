using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Mounting;
using ContainerManager.Host.State;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Containers;

/// <summary>Directories that we made in a container for one mount and that others use as well: whichever goes last takes them away.</summary>
internal sealed class MadeDirectories
{
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);

    /// <summary>Those that were made for a mount.</summary>
    internal void Add(Attachment attachment) => _directories.UnionWith(attachment.Made.Where(path => path != attachment.Target));

    /// <summary>A mount is gone, and with it those that are there no more.</summary>
    internal void Remove(Attachment gone, ContainerEntry container) =>
        _directories.RemoveWhere(directory => gone.Made.Contains(directory) && !Exists(container, directory));

    internal void Clear() => _directories.Clear();

    /// <summary>Adds those that a mount lies in to what was made for it.</summary>
    internal MountOutcome WithParents(MountRequest request, MountOutcome outcome)
    {
        if (_directories.Count == 0)
        {
            return outcome;
        }

        ImmutableArray<string> parents = [.. _directories
            .Where(directory => request.Target.Length > directory.Length && request.Target[directory.Length] == '/' &&
                request.Target.StartsWith(directory, StringComparison.Ordinal))
            .OrderBy(directory => directory.Length)];
        return outcome with { Made = Joined(parents, outcome.Made) };
    }

    internal static ImmutableArray<string> Joined(ImmutableArray<string> before, ImmutableArray<string> now) =>
        now.IsEmpty ? before : [.. before.Union(now)];

    private static bool Exists(ContainerEntry container, string path)
    {
        using SafeFileHandle? there = RootedPath.Open(container.Root, path);
        return there is not null;
    }
}
