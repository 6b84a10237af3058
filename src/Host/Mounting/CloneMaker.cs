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

    /// <param name="directory">An own directory; mounted upon when it is needed.</param>
    /// <param name="client">The installed client program.</param>
    /// <param name="entrance">Into mount namespaces.</param>
    internal CloneMaker(string directory, string client, MountNamespaceEntrance entrance)
    {
        _holder = new NamespaceHolder(client, directory + "-client");
        _locked = new LockedClones(directory, _holder, entrance);
    }

    /// <exception cref="IOException">The source is gone, or an option cannot be had.</exception>
    internal DetachedMount Make(string source, MountOptions options, ContainerEntry container)
    {
        DetachedMount clone = DetachedMount.Clone(source, options.Recursive);
        try
        {
            bool foreign = IsForeign(container);
            if (foreign && options is { Owner: not null, ReadOnly: false })
            {
                RefuseGift(clone.Status);
            }

            clone.Restrict(options.ReadOnly, options.NoExec, IdsFor(options.Owner, clone.Status, container));
            // Always: beside our options, the host's own must hold, and what it has mounted beneath must not be taken off again.
            return foreign ? _locked.Lock(clone) : clone;
        }
        catch
        {
            clone.Dispose();
            throw;
        }
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
