using System.Globalization;
using System.Text;
using ContainerManager.Linux;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>What /proc tells of a process (proc(5)). Whatever a process that is gone is asked for is null or empty.</summary>
internal static class ProcFiles
{
    /// <summary>CAP_SYS_ADMIN of capabilities(7).</summary>
    private const int CapSysAdmin = 21;

    private static readonly string s_pidNamespace = LinkOf("/proc/self/ns/pid");
    private static readonly string s_userNamespace = LinkOf("/proc/self/ns/user");

    /// <summary>Parent and start; null: there is no such process, or it waits to be reaped.</summary>
    internal static ProcessStatus? StatusOf(int processId)
    {
        Span<byte> buffer = stackalloc byte[1024];
        int length = Descriptor.ReadFile(FileOf(processId, "stat"), buffer);
        if (length <= 0)
        {
            return null;
        }

        // The name, field 2, is in parentheses and may hold anything: field 3 follows the last one.
        string stat = Encoding.Latin1.GetString(buffer[..length]);
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : new ProcessStatus(
            new ProcessIdentity(processId, ulong.Parse(fields[19], CultureInfo.InvariantCulture)),
            int.Parse(fields[1], CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Whether its name, the first 15 bytes of its program's file name unless it chose another, is this. Asked of every program that is
    /// executed on the host: the cheapest of its files.
    /// </summary>
    internal static bool IsNamed(int processId, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[32];
        int length = Descriptor.ReadFile(FileOf(processId, "comm"), buffer);
        return length > 0 && buffer[..(length - 1)].SequenceEqual(name);
    }

    /// <summary>The process that has an id now.</summary>
    internal static ProcessIdentity? IdentityOf(int processId) => StatusOf(processId)?.Identity;

    /// <summary>All processes of our pid namespace.</summary>
    internal static IEnumerable<int> All => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture, out int id) ? id : 0)
        .Where(id => id > 0);

    /// <summary>The words of its command line.</summary>
    internal static string[] ArgumentsOf(int processId) => TextOf(processId, "cmdline") is { Length: > 0 } text ? text.TrimEnd('\0').Split('\0') : [];

    /// <summary>Its command line as it is. Of processes that are trusted: they say themselves where it begins and ends, and it may be gigabytes.</summary>
    internal static byte[] CommandLineOf(int processId)
    {
        try
        {
            return File.ReadAllBytes(FileOf(processId, "cmdline"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether its command line is this, of any process.</summary>
    internal static bool HasCommandLine(int processId, byte[] expected)
    {
        byte[] buffer = new byte[expected.Length + 1];
        int length = Descriptor.ReadFile(FileOf(processId, "cmdline"), buffer);
        return buffer.AsSpan(0, Math.Max(0, length)).SequenceEqual(expected);
    }

    /// <summary>The children of its first thread.</summary>
    internal static IEnumerable<int> ChildrenOf(int processId) => TextOf(processId, string.Create(CultureInfo.InvariantCulture, $"task/{processId}/children"))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(id => int.Parse(id, CultureInfo.InvariantCulture));

    /// <summary>The file it executes, or an empty text.</summary>
    internal static string ProgramOf(int processId) => LinkOf(FileOf(processId, "exe"));

    /// <summary>Its working directory, or an empty text.</summary>
    internal static string WorkingDirectoryOf(int processId) => LinkOf(FileOf(processId, "cwd"));

    /// <summary>The first process of a pid namespace beneath ours.</summary>
    internal static bool IsFirstOfItsNamespace(int processId) =>
        FieldOf(processId, "NSpid").Split('\t', StringSplitOptions.RemoveEmptyEntries) is [_, .., "1"];

    /// <summary>It has CAP_SYS_ADMIN over the host: whatever it says of a container it could do by itself.</summary>
    internal static bool IsTrusted(int processId) =>
        LinkOf(FileOf(processId, "ns/pid")) == s_pidNamespace && LinkOf(FileOf(processId, "ns/user")) == s_userNamespace &&
        ulong.TryParse(FieldOf(processId, "CapEff"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong capabilities) &&
        (capabilities >> CapSysAdmin & 1) != 0;

    /// <summary>One of its cgroups, or one above, is of that name.</summary>
    internal static bool IsInCgroup(int processId, string name) => TextOf(processId, "cgroup").Split('\n').Any(line => line.Split('/').Contains(name));

    /// <summary>A random text that differs after each boot.</summary>
    internal static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private static string FieldOf(int processId, string name) => TextOf(processId, "status").Split('\n')
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..].Trim() ?? "";

    private static string TextOf(int processId, string file)
    {
        try
        {
            return File.ReadAllText(FileOf(processId, file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget ?? "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string FileOf(int processId, string file) => string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}");
}

/// <summary>Names one process for good: ids are reused, an id with its start time is not.</summary>
/// <param name="ProcessId">The host's.</param>
/// <param name="StartTime">Field 22 of <c>/proc/PID/stat</c>: clock ticks after boot (proc_pid_stat(5)).</param>
internal readonly record struct ProcessIdentity(int ProcessId, ulong StartTime);

/// <summary>What <c>/proc/PID/stat</c> says of a process.</summary>
/// <param name="Identity">Which it is.</param>
/// <param name="Parent">The id of its parent.</param>
internal readonly record struct ProcessStatus(ProcessIdentity Identity, int Parent);
