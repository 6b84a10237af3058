using System.IO.Enumeration;
using ContainerManager.Client.Serve;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;
using static ContainerManager.Linux.InotifyMask;

namespace ContainerManager.Client.Look;

/// <summary><c>client read [--watch] PATTERN…</c> (<see cref="ClientCommands.Read"/>)</summary>
internal static class ReadStage
{
    private const InotifyMask AnyChange = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

    internal static int Run(ReadOnlySpan<string> arguments)
    {
        bool watch = arguments is [ClientCommands.Watch, ..];
        string[] patterns = arguments[(watch ? 1 : 0)..].ToArray();
        using SafeFileHandle output = new(Descriptor.StandardOutput, ownsHandle: false);
        try
        {
            using Inotify? changes = watch ? new Inotify() : null;
            return ReadAll(patterns, changes, output) ? 0 : 1;
        }
        catch (KernelException failure)
        {
            Descriptor.Write(Descriptor.StandardError, $"client: {failure.Message}\n");
            return 1;
        }
    }

    /// <summary>False: nobody reads any more.</summary>
    private static bool ReadAll(string[] patterns, Inotify? changes, SafeFileHandle output)
    {
        do
        {
            foreach (string path in patterns.SelectMany(pattern => Matches(pattern, changes)).Distinct())
            {
                if (ReadFile(path) is { } content && !Descriptor.TryWrite(output, MessageSequence.Encode(new FileContent(path, content))))
                {
                    return false;
                }
            }

            if (!Descriptor.TryWrite(output, MessageSequence.EndOfList.Span))
            {
                return false;
            }
        }
        while (changes is not null && WaitForChange(changes));

        return true;
    }

    private static bool WaitForChange(Inotify changes)
    {
        using Epoll epoll = new();
        epoll.Add(changes.Handle, Readiness.Input, 1);
        _ = epoll.Wait();
        List<InotifyRecord> records = [];
        while (changes.Read(records))
        {
        }

        return true;
    }

    private static IEnumerable<string> Matches(string pattern, Inotify? changes)
    {
        string[] components = (pattern.StartsWith("~/", StringComparison.Ordinal) ? Environment.GetEnvironmentVariable("HOME") + pattern[1..] : pattern)
            .Split('/', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> found = [""];
        foreach (string component in components)
        {
            found = [.. found.SelectMany(directory => Entries(directory, component, changes))];
        }

        return found;
    }

    /// <summary>What has no wildcard is taken as it is: whether it is there is seen when it is read.</summary>
    private static IEnumerable<string> Entries(string directory, string component, Inotify? changes)
    {
        if (!component.Contains('*'))
        {
            return [$"{directory}/{component}"];
        }

        if (changes is not null)
        {
            Watch(changes, directory);
        }

        try
        {
            return [.. DirectoryNames.Read(directory + "/.").Where(name => FileSystemName.MatchesSimpleExpression(component, name, ignoreCase: false))
                .Order(StringComparer.Ordinal).Select(name => $"{directory}/{name}")];
        }
        catch (KernelException)
        {
            return []; // Not there, or not for us.
        }
    }

    /// <summary>A directory that is not there yet is heard of by the nearest above it that is.</summary>
    private static void Watch(Inotify changes, string directory)
    {
        if (!TryWatch(changes, directory) && directory.Length > 0)
        {
            Watch(changes, directory[..directory.LastIndexOf('/')]);

            // Perhaps it was made before that was watched.
            _ = TryWatch(changes, directory);
        }
    }

    private static bool TryWatch(Inotify changes, string directory)
    {
        try
        {
            _ = changes.AddWatch(directory + "/", AnyChange);
            return true;
        }
        catch (KernelException)
        {
            return false; // Not there, or not for us.
        }
    }

    /// <summary>Null: it is no file, too large, or not for us.</summary>
    private static byte[]? ReadFile(string path)
    {
        try
        {
            return FileStatus.OfPath(path, followLinks: true) is { Identity.Kind: FileKind.Regular, Size: <= ClientCommands.LargestFile }
                ? File.ReadAllBytes(path) is { Length: <= ClientCommands.LargestFile } content ? content : null
                : null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
