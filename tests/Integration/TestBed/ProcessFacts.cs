using System.Globalization;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>What /proc says of processes (proc_pid_stat(5)).</summary>
internal static class ProcessFacts
{
    /// <summary>Which process started it, or has taken it over.</summary>
    internal static int ParentOf(int processId) => int.Parse(Stat(processId)![1], CultureInfo.InvariantCulture);

    /// <summary>All process ids of this pid namespace.</summary>
    internal static IEnumerable<int> All =>
        Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0);

    /// <summary>When it started, in clock ticks since boot: with the id a name that is never used twice. Null: there is no such process.</summary>
    internal static string? StartTime(int processId) => Stat(processId) is { } fields ? fields[19] : null;

    /// <summary>It is there, and not only waiting to be reaped.</summary>
    internal static bool Runs(int processId) => Stat(processId) is { } fields && fields[0] is not ("Z" or "X");

    /// <summary>A file of the process, or nothing when it is gone.</summary>
    internal static string Read(int processId, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The fields after the name, which may hold anything: the state is [0].</summary>
    private static string[]? Stat(int processId)
    {
        string stat = Read(processId, "stat");
        return stat.Length == 0 ? null : stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }
}
