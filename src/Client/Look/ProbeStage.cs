using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Client.Look;

/// <summary><c>client probe PATH…</c> (<see cref="ClientCommands.Probe"/>)</summary>
internal static class ProbeStage
{
    internal static int Run(ReadOnlySpan<string> paths)
    {
        using SafeFileHandle output = new(Descriptor.StandardOutput, ownsHandle: false);
        uint[] groups = OwnProcess.Groups();
        foreach (string path in paths)
        {
            // Each by itself: one that does not answer holds up only those after it.
            if (!Descriptor.TryWrite(output, MessageSequence.Encode(Probe(path, groups))))
            {
                return 1;
            }
        }

        return 0;
    }

    private static ProbeResult Probe(string path, uint[] groups)
    {
        uint user = OwnProcess.EffectiveUser;
        FileStatus? found;
        try
        {
            found = FileStatus.OfPath(path, followLinks: true);
        }
        catch (KernelException refused)
        {
            return new ProbeResult(path, 0, 0, 0, 0, refused.Errno, refused.Errno, user, groups, 0);
        }

        if (found is not { } status)
        {
            return new ProbeResult(path, 0, 0, 0, 0, ENOENT, ENOENT, user, groups, 0);
        }

        (int read, int write) = Try(path, status.Identity.Kind);
        return new ProbeResult(path, (int)status.Identity.Kind, (int)status.Mode, status.Owner, status.Group, read, write, user, groups, status.MountId);
    }

    private static (int Read, int Write) Try(string path, FileKind kind)
    {
        if (kind == FileKind.Socket)
        {
            int connected = FileTrial.Connect(path);
            return (connected, connected);
        }

        // A watchdog that was opened and closed resets the machine; who opens a pipe is seen by its other side; a directory is not opened to write.
        return kind == FileKind.Fifo || (kind == FileKind.CharacterDevice && Path.GetFileName(path).StartsWith("watchdog", StringComparison.Ordinal))
            ? (FileTrial.MayOpen(path, write: false), FileTrial.MayOpen(path, write: true))
            : (FileTrial.Open(path, write: false), kind == FileKind.Directory ? FileTrial.MayOpen(path, write: true) : FileTrial.Open(path, write: true));
    }
}
