using System.Diagnostics;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>Removes a test's directory and everything on the machine that carries its name.</summary>
internal static class Leftovers
{
    private static readonly TimeSpan ProcessesEndWithin = TimeSpan.FromSeconds(10);

    internal static void Remove(string directory)
    {
        KillProcesses(directory);
        RemoveUsers(directory);
        RemoveShimSockets(directory);
        RemoveLxcFiles(directory);
        Unmount(directory);
        RemoveCgroups(Path.GetFileName(directory));
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Those started with a path of the directory, and those in a cgroup of its name (what runs in containers).</summary>
    private static void KillProcesses(string directory)
    {
        string cgroup = "/" + Path.GetFileName(directory);
        KillUntilNoneIsLeft(directory, Mine);

        bool Mine(int id) => id != Environment.ProcessId && ProcessFacts.Runs(id) &&
            (ProcessFacts.Read(id, "cmdline").Contains(directory, StringComparison.Ordinal) ||
                ProcessFacts.Read(id, "cgroup").Contains(cgroup, StringComparison.Ordinal));
    }

    private static void KillUntilNoneIsLeft(string directory, Func<int, bool> mine)
    {
        long start = Stopwatch.GetTimestamp();
        while (ProcessFacts.All.Where(mine).ToArray() is { Length: > 0 } remaining)
        {
            if (Stopwatch.GetElapsedTime(start) > ProcessesEndWithin)
            {
                throw new TimeoutException($"{directory}: processes {string.Join(", ", remaining)} do not end");
            }

            // Killed one may leave children that were not seen yet, and nobody tells us of the end of a process that is not our child.
            Array.ForEach(remaining, Kill);
            Thread.Yield();
        }
    }

    /// <summary>Users whose home is in the directory: what runs as them, their runtime directory, and they themselves.</summary>
    private static void RemoveUsers(string directory)
    {
        foreach (string[] fields in File.ReadAllLines("/etc/passwd").Select(line => line.Split(':')))
        {
            if (fields.Length != 7 || !fields[5].StartsWith(directory + "/", StringComparison.Ordinal))
            {
                continue;
            }

            KillUntilNoneIsLeft(directory, id => ProcessFacts.Runs(id) && ProcessFacts.Read(id, "status").Contains($"\nUid:\t{fields[2]}\t", StringComparison.Ordinal));
            string runtime = "/run/user/" + fields[2];
            if (Directory.Exists(runtime))
            {
                Unmount(runtime);
                Directory.Delete(runtime, recursive: true);
            }

            using Process remove = Process.Start("userdel", [fields[0]]);
            remove.WaitForExit();
        }
    }

    private static void Kill(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            process.Kill();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // Gone in between.
        }
    }

    /// <summary>containerd's shims keep theirs in /run, by a name that only a file of their bundle tells.</summary>
    private static void RemoveShimSockets(string directory)
    {
        string bundles = Path.Combine(directory, "exec/containerd");
        if (!Directory.Exists(bundles))
        {
            return;
        }

        EnumerationOptions everywhere = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, MaxRecursionDepth = 4 };
        foreach (string file in Directory.GetFiles(bundles, "address", everywhere))
        {
            File.Delete(File.ReadAllText(file).Replace("unix://", "", StringComparison.Ordinal));
        }
    }

    /// <summary>LXC keeps fifos and locks in /run, by the path of their lxcpath.</summary>
    private static void RemoveLxcFiles(string directory)
    {
        foreach (string files in (string[])["/run/lxc" + directory, "/run/lxc/lock" + directory])
        {
            if (Directory.Exists(files))
            {
                Directory.Delete(files, recursive: true);
            }
        }
    }

    private static void Unmount(string directory)
    {
        foreach (MountTableEntry mount in MountTable.OfSelf().Mounts.Reverse())
        {
            if (mount.MountPoint.StartsWith(directory + "/", StringComparison.Ordinal) || mount.MountPoint == directory)
            {
                using Process unmount = Process.Start("umount", ["--lazy", "--no-canonicalize", mount.MountPoint]);
                unmount.WaitForExit();
            }
        }
    }

    private static void RemoveCgroups(string name)
    {
        foreach (string hierarchy in Directory.GetDirectories("/sys/fs/cgroup").Prepend("/sys/fs/cgroup"))
        {
            RemoveCgroup(Path.Combine(hierarchy, name));
            RemoveCgroup(Path.Combine(hierarchy, name + ".slice"));
        }
    }

    /// <summary>rmdir, innermost first: the files in a cgroup cannot be removed and need not be.</summary>
    private static void RemoveCgroup(string path)
    {
        if (!Directory.Exists(path))
        {
            return;
        }

        foreach (string child in Directory.GetDirectories(path))
        {
            RemoveCgroup(child);
        }

        long start = Stopwatch.GetTimestamp();
        while (!TryDelete(path) && Stopwatch.GetElapsedTime(start) < ProcessesEndWithin)
        {
            // A process is dead a moment before it has left its cgroup (the kernel takes it out when it is switched away from for the last
            // time), and nobody tells us when.
            Thread.Yield();
        }

        if (Directory.Exists(path))
        {
            Directory.Delete(path);
        }
    }

    private static bool TryDelete(string path)
    {
        try
        {
            Directory.Delete(path);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
