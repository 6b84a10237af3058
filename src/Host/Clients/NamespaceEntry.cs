using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using ContainerManager.Abstractions;
using ContainerManager.Host.Plugins;
using ContainerManager.Host.State;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Clients;

/// <summary>
/// Starts the client by entering the container's namespaces, where the runtime has no means of its own. It waits at the door until it is in the container's
/// cgroups, and has no capability that the container's first process could not have: by <c>client enter</c>, which executes it with no more; where the container
/// has a user namespace, by nsenter(1), since only a program of one thread may enter that: it gives up what it has too much there, which is worth nothing
/// outside of that namespace.
/// </summary>
internal static class NamespaceEntry
{
    private static readonly TimeSpan AtTheDoorWithin = TimeSpan.FromSeconds(10);

    /// <exception cref="IOException">It cannot be entered, or has ended meanwhile.</exception>
    internal static async Task<Stream> StartAsync(ContainerDescription container, ContainerEntry entry, string client, CancellationToken cancellationToken)
    {
        string processId = container.ProcessId.ToString(CultureInfo.InvariantCulture);
        (string capabilities, bool noNewPrivileges) = Confinement(processId);
        string[] limits = ["--capabilities", capabilities, .. noNewPrivileges ? ["--no-new-privileges"] : Array.Empty<string>()];
        bool own = HasOwnUserNamespace(processId);
        Process entering = own
            ? Start("nsenter",
            [
                "--target", processId, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--user", "--root", $"--wd=/proc/{processId}/root", "--",
                ClientMount.Target, "start", .. limits,
            ])
            : Start(client, ["enter", "--pid", processId, "--file", ClientMount.Target, .. limits]);
        int id = entering.Id;
        ChildStream stream = new(entering);
        try
        {
            await AtTheDoorAsync(stream, cancellationToken);

            // It opened everything by the process id: if that process still lives, all of it was the container's.
            if (!ProcessDescriptor.Signal(entry.Process, 0))
            {
                throw new IOException("the container has ended");
            }

            JoinCgroups(entry, own ? ChildOf(id) : id.ToString(CultureInfo.InvariantCulture));
            await stream.WriteAsync("g"u8.ToArray(), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            return stream;
        }
        catch
        {
            // It waits for the client, and the client dies with it.
            await stream.DisposeAsync();
            throw;
        }
    }

    private static Process Start(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return Process.Start(start) ?? throw new IOException($"{program} did not start");
    }

    private static async Task AtTheDoorAsync(ChildStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(AtTheDoorWithin);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        byte[] line = new byte["started\n"u8.Length];
        try
        {
            int length = await stream.ReadAtLeastAsync(line, line.Length, throwOnEndOfStream: false, either.Token);
            if (!line.AsSpan(0, length).SequenceEqual("started\n"u8))
            {
                throw new IOException("the client did not start");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"the client did not start within {AtTheDoorWithin.TotalSeconds:0} s");
        }
    }

    /// <summary>What the container's first process could have at most (proc_pid_status(5)).</summary>
    private static (string Capabilities, bool NoNewPrivileges) Confinement(string processId)
    {
        string[] status = File.ReadAllLines($"/proc/{processId}/status");
        string Value(string name) => Array.Find(status, line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim() ?? "";
        return (Value("CapBnd:"), Value("NoNewPrivs:") == "1");
    }

    private static bool HasOwnUserNamespace(string processId)
    {
        using SafeFileHandle own = File.OpenHandle("/proc/self/ns/user"), its = File.OpenHandle($"/proc/{processId}/ns/user");
        return FileStatus.OfHandle(own).Identity != FileStatus.OfHandle(its).Identity;
    }

    /// <summary>nsenter's one child, which is in the container's process namespace.</summary>
    private static string ChildOf(int nsenter)
    {
        string id = nsenter.ToString(CultureInfo.InvariantCulture);
        string child = File.ReadAllText($"/proc/{id}/task/{id}/children").Trim();
        return child.Length > 0 ? child : throw new IOException("the client has ended");
    }

    /// <summary>
    /// So that what it starts counts as the container's, and is under its limits. Where it is already it is not moved: that would take the kernel some
    /// milliseconds all the same (a grace period of RCU).
    /// </summary>
    private static void JoinCgroups(ContainerEntry entry, string processId)
    {
        ImmutableDictionary<string, string> now = ProcFiles.Cgroups(File.ReadAllText($"/proc/{processId}/cgroup"));
        foreach (MountTableEntry mount in MountTable.OfSelf().Mounts.Where(mount => mount.FileSystemType is "cgroup" or "cgroup2"))
        {
            string? controller = mount.FileSystemType == "cgroup2" ? "" : Names(mount).FirstOrDefault(entry.Cgroups.ContainsKey);
            if (controller is null || !entry.Cgroups.TryGetValue(controller, out string? path) || path == now.GetValueOrDefault(controller))
            {
                continue;
            }

            File.WriteAllText($"{mount.MountPoint}{mount.PathBeneath(path)}/cgroup.procs", processId, Encoding.ASCII);
        }
    }

    /// <summary>What a hierarchy of version 1 is called: its controllers, or a name (<c>name=systemd</c>), after which it is mounted.</summary>
    private static IEnumerable<string> Names(MountTableEntry mount)
    {
        string last = mount.MountPoint.Split('/')[^1];
        return [.. last.Split(','), "name=" + last];
    }
}
