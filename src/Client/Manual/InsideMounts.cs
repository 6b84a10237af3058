using ContainerManager.Linux;
using ContainerManager.Protocol;
using static Tmds.Linux.LibC;

namespace ContainerManager.Client.Manual;

/// <summary>Puts mounts that the server makes in <c>/yacc</c> to where they belong, and takes them away again.</summary>
/// <param name="directory">Where the container has <c>/yacc/NAME</c> of the host.</param>
internal sealed class InsideMounts(string directory) : IDisposable
{
    private DetachedMount? _prepared;

    internal InsideAnswer Prepare(PrepareInside request)
    {
        _prepared?.Dispose();
        _prepared = null;
        string source = Path.Combine(directory, request.From);
        try
        {
            if (OwnMounts.IdAt(source) is not { } mount || mount == OwnMounts.IdAt(directory))
            {
                throw new IOException($"what the server mounts does not arrive in {directory}: it must be a slave of the host's (docker run -v {directory}/NAME:{directory}:rslave)");
            }

            _prepared = DetachedMount.Clone(source, recursive: true);
            return new InsideAnswer(null, _prepared.Status.MountId);
        }
        catch (IOException failure)
        {
            return new InsideAnswer(Explain(failure));
        }
    }

    internal InsideAnswer Mount(MountInside request)
    {
        using DetachedMount? clone = _prepared;
        _prepared = null;
        List<string> made = [];
        try
        {
            if (clone?.Status.MountId != request.MountId)
            {
                throw new IOException("another mount was prepared");
            }

            MakeMountPoint(request.Target, request.Directory, made);
            OwnMounts.Attach(clone, request.Target, request.Replaced);
            return new InsideAnswer(null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Remove([.. made]);

            // The mount point was there just now: it is what is mounted that was unlinked or replaced meanwhile.
            return new InsideAnswer(Explain(failure), SourceGone: failure is KernelException gone && gone.Errno == ENOENT && gone.Call.StartsWith("move_mount", StringComparison.Ordinal));
        }
    }

    internal static InsideAnswer Unmount(UnmountInside request)
    {
        try
        {
            OwnMounts.Detach(request.Target, request.MountId);
            Remove(request.Made);
            return new InsideAnswer(null);
        }
        catch (IOException failure)
        {
            return new InsideAnswer(Explain(failure));
        }
    }

    private static string Explain(Exception failure) => failure is KernelException refused && refused.Errno == EPERM
        ? $"{failure.Message}: the client needs CAP_SYS_ADMIN in the container to mount there"
        : failure.Message;

    /// <summary>What has to be made to mount upon a path, outermost first.</summary>
    private static IEnumerable<string> Missing(string target)
    {
        for (int slash = target.IndexOf('/', 1); slash > 0; slash = target.IndexOf('/', slash + 1))
        {
            if (!Path.Exists(target[..slash]))
            {
                yield return target[..slash];
            }
        }

        if (FileStatus.OfPath(target) is null)
        {
            yield return target;
        }
    }

    private static void MakeMountPoint(string target, bool directory, List<string> made)
    {
        foreach (string missing in Missing(target))
        {
            if (directory || missing != target)
            {
                Directory.CreateDirectory(missing);
            }
            else
            {
                using FileStream file = new(target, FileMode.CreateNew);
            }

            made.Add(missing);
        }

        FileKind kind = FileStatus.OfPath(target)?.Identity.Kind ?? throw new IOException($"{target} is gone again");
        if (kind == FileKind.SymbolicLink)
        {
            throw new IOException($"{target} is a symbolic link in {Path.GetDirectoryName(target)}; name the path it leads to as the target");
        }

        if (kind == FileKind.Directory != directory)
        {
            throw new IOException($"{target} is {(directory ? "no directory" : "a directory")} inside the container, unlike the source; name another target");
        }
    }

    /// <summary>Innermost first, as far as they are empty: a file with something in it is not ours any more.</summary>
    private static void Remove(string[] made)
    {
        foreach (string path in made.Reverse())
        {
            try
            {
                if (FileStatus.OfPath(path) is { Identity.Kind: FileKind.Directory })
                {
                    Directory.Delete(path);
                }
                else if (FileStatus.OfPath(path) is { Size: 0 })
                {
                    File.Delete(path);
                }
            }
            catch (Exception left) when (left is IOException or UnauthorizedAccessException)
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _prepared?.Dispose();
}
