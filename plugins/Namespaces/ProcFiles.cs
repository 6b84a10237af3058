using System.Globalization;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>What /proc tells of a process.</summary>
internal static class ProcFiles
{
    /// <summary>errno(3), which an <see cref="IOException"/> without a class of its own has as its number.</summary>
    private const int ESRCH = 3;

    /// <summary>The process that has an id now; null: none has, or it waits to be reaped.</summary>
    /// <exception cref="IOException">It cannot be looked at: no descriptor is left, say.</exception>
    internal static ProcessIdentity? IdentityOf(int processId)
    {
        try
        {
            string stat = File.ReadAllText(FileOf(processId, "stat"));
            // The name, field 2, is in parentheses and may hold anything: field 3 follows the last one.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : new ProcessIdentity(processId, ulong.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (IOException gone) when (gone is FileNotFoundException or DirectoryNotFoundException || gone.HResult == ESRCH)
        {
            return null;
        }
    }

    /// <summary>The only child of a process that is our own child, so that its id is its own.</summary>
    /// <exception cref="IOException">It has none.</exception>
    internal static int OnlyChildOf(int processId)
    {
        string children = File.ReadAllText(FileOf(processId, string.Create(CultureInfo.InvariantCulture, $"task/{processId}/children")));
        return int.TryParse(children.AsSpan().Trim(), CultureInfo.InvariantCulture, out int child)
            ? child
            : throw new IOException("the container's first process is gone");
    }

    /// <summary>Maps ids 0 to 65535 of a new user namespace (user_namespaces(7)); once only.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    internal static void MapIds(int processId, SubordinateIds ids)
    {
        Write("uid_map", ids.FirstUser);
        Write("gid_map", ids.FirstGroup);

        void Write(string file, uint first)
        {
            // Opened without being truncated, and written at once: the kernel takes one write.
            try
            {
                using FileStream map = new(FileOf(processId, file), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                map.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"0 {first} {SubordinateIds.Count}\n")));
            }
            catch (UnauthorizedAccessException refused)
            {
                throw new IOException(refused.Message, refused);
            }
        }
    }

    private static string FileOf(int processId, string file) => string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}");
}
