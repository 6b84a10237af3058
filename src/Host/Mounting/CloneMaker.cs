using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Mounting;

/// <summary>Clones a source as the detached mount that a container shall get: private, with its options set for good. Used by all lanes at once.</summary>
internal sealed class CloneMaker : IDisposable
{
    private readonly ConcurrentDictionary<OwnerMapping, Lazy<SafeFileHandle>> _mappings = new();
    private readonly ConditionalWeakTable<ContainerEntry, StrongBox<bool>> _foreign = [];
    private readonly NamespaceHolder _holder;
    private readonly LockedClones _locked;
    private readonly StagedNodes _nodes;

    /// <param name="directory">An own directory; mounted upon when it is needed.</param>
    /// <param name="client">The installed client program.</param>
    /// <param name="entrance">Into mount namespaces.</param>
    /// <param name="nodes">For device nodes.</param>
    internal CloneMaker(string directory, string client, MountNamespaceEntrance entrance, StagedNodes nodes)
    {
        _nodes = nodes;
        _holder = new NamespaceHolder(client, directory + "-client");
        _locked = new LockedClones(directory, _holder, entrance);
    }

    /// <param name="source">What to clone.</param>
    /// <param name="known">What it is known to be. A device node is made from that: it does not matter whether the source is still there.</param>
    /// <param name="options">How.</param>
    /// <param name="container">For whom.</param>
    /// <exception cref="IOException">The source is gone, or an option cannot be had.</exception>
    internal DetachedMount Make(string source, in KnownSource known, MountOptions options, ContainerEntry container)
    {
        if (known.Identity.IsDevice)
        {
            return _nodes.Make(known.Identity, options, container, clone => Finish(clone, options, null, container));
        }

        if (options.Mode is not null)
        {
            throw new MountRefusedException($"{source} is no device node, and nothing else can have a mode of its own: remove \"mode\", or change the file's");
        }

        DetachedMount clone = known.Opened is { } opened ? DetachedMount.Clone(opened, source, options.Recursive) : DetachedMount.Clone(source, options.Recursive);
        try
        {
            if (IsForeign(container) && options is { Owner: not null, ReadOnly: false })
            {
                RefuseGift(clone.Status);
            }

            return Finish(clone, options, IdsFor(options.Owner, clone.Status, container), container);
        }
        catch
        {
            clone.Dispose();
            throw;
        }
    }

    /// <summary>Nothing of the clone is mounted; what was made for it goes.</summary>
    internal void Discard(DetachedMount clone) => _nodes.Remove(clone.Status.MountId);

    /// <summary>Somebody else has cloned it once more, and mounted that.</summary>
    internal void Attached(DetachedMount clone, ulong mountId) => _nodes.Rename(clone.Status.MountId, mountId);

    private DetachedMount Finish(DetachedMount clone, MountOptions options, SafeFileHandle? ids, ContainerEntry container)
    {
        clone.Restrict(options.ReadOnly, options.NoExec, ids);

        // Always: beside our options, the host's own must hold, and what it has mounted beneath must not be taken off again.
        return IsForeign(container) ? _locked.Lock(clone) : clone;
    }

    public void Dispose()
    {
        _locked.Dispose();
        foreach (Lazy<SafeFileHandle> ids in _mappings.Values.Where(ids => ids.IsValueCreated))
        {
            ids.Value.Dispose();
        }
    }

    /// <summary>Asked once for each run of a container: it stays so.</summary>
    private bool IsForeign(ContainerEntry container) =>
        _foreign.GetValue(container, entry => new StrongBox<bool>(!NamespaceOwner.IsOurUserNamespace(entry.MountNamespace))).Value;

    /// <summary>A container's root who may write as the host's root could leave set-user-id programs of his.</summary>
    private static void RefuseGift(in FileStatus source)
    {
        if (source is { Owner: 0, Identity.Kind: FileKind.Directory or FileKind.Regular })
        {
            throw new MountRefusedException(
                "the source belongs to the host's root, and with \"owner\" the container could write as him: add \"readOnly\": true, or give the source to another user");
        }
    }

    /// <summary>Kept: the same few owners come again with each file.</summary>
    private SafeFileHandle? IdsFor(FileOwner? owner, in FileStatus source, ContainerEntry container) =>
        owner is { } wanted && OwnerMapping.For(wanted, source, container) is { } mapping
            ? _mappings.GetOrAdd(mapping, key => new Lazy<SafeFileHandle>(() => _holder.UserNamespaceOf(key), LazyThreadSafetyMode.PublicationOnly)).Value
            : null;
}
