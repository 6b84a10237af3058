using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ContainerManager.Linux;

/// <summary>The mounts of a mount namespace, as <c>/proc/PID/mountinfo</c> lists them (proc_pid_mountinfo(5)).</summary>
/// <param name="Mounts">In the order of the file: a mount over another comes later.</param>
public sealed record MountTable(ImmutableArray<MountTableEntry> Mounts)
{
    /// <summary>Reads the table of a process.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    public static MountTable OfProcess(int processId) => Read($"/proc/{processId}/mountinfo");

    /// <summary>Reads our own table.</summary>
    public static MountTable OfSelf() => Read("/proc/self/mountinfo");

    /// <summary>Reads the text of a mountinfo file. Lines that do not fit the format are passed over.</summary>
    public static MountTable Parse(ReadOnlySpan<char> text)
    {
        ImmutableArray<MountTableEntry>.Builder mounts = ImmutableArray.CreateBuilder<MountTableEntry>();
        // Not EnumerateLines: the kernel escapes no line end but \n, and what else .NET takes for one may be in a name.
        foreach (Range line in text.Split('\n'))
        {
            if (TryParseLine(text[line], out MountTableEntry entry))
            {
                mounts.Add(entry);
            }
        }

        return new MountTable(mounts.ToImmutable());
    }

    /// <summary>With the names as they are: a container may have moved a mount to one that is no text.</summary>
    private static MountTable Read(string path) => Parse(FileName.Decode(File.ReadAllBytes(path)));

    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    private static bool TryParseLine(ReadOnlySpan<char> line, out MountTableEntry entry)
    {
        entry = default;
        int separator = line.IndexOf(" - ");
        if (separator < 0)
        {
            return false;
        }

        Span<Range> left = stackalloc Range[7];
        Span<Range> right = stackalloc Range[3];
        ReadOnlySpan<char> after = line[(separator + 3)..];
        if (line[..separator].Split(left, ' ') < 6 || after.Split(right, ' ') < 2 ||
            !int.TryParse(line[left[0]], CultureInfo.InvariantCulture, out int id) ||
            !int.TryParse(line[left[1]], CultureInfo.InvariantCulture, out int parent))
        {
            return false;
        }

        entry = new MountTableEntry(id, parent, Unescape(line[left[3]]), Unescape(line[left[4]]), line[left[5]].ToString(), after[right[0]].ToString(), line[left[2]].ToString());
        return true;
    }

    /// <summary>Space, tab, newline and backslash are written as a backslash and three octal digits.</summary>
    private static string Unescape(ReadOnlySpan<char> field)
    {
        if (!field.Contains('\\'))
        {
            return field.ToString();
        }

        StringBuilder text = new(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i..] is ['\\', >= '0' and <= '3' and var high, >= '0' and <= '7' and var middle, >= '0' and <= '7' and var low, ..])
            {
                text.Append((char)(((high - '0') << 6) | ((middle - '0') << 3) | (low - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }

        return text.ToString();
    }
}

/// <summary>One line of mountinfo.</summary>
/// <param name="Id">Mount id; reused by the kernel after the mount is gone.</param>
/// <param name="ParentId">The mount it is mounted on.</param>
/// <param name="Root">Which part of the file system it shows; ends in <c>//deleted</c> when that was unlinked.</param>
/// <param name="MountPoint">Where, relative to the process's root.</param>
/// <param name="Options">Per-mount options, such as <c>ro,nosuid</c>.</param>
/// <param name="FileSystemType">Such as <c>ext4</c> or <c>fuse.sshfs</c>.</param>
/// <param name="Device">st_dev of its files, <c>major:minor</c>; reused by the kernel after the file system is gone.</param>
public readonly record struct MountTableEntry(int Id, int ParentId, string Root, string MountPoint, string Options, string FileSystemType,
    string Device)
{
    /// <summary>True when the file that the mount shows has been unlinked.</summary>
    public bool IsStale => Root.EndsWith("//deleted", StringComparison.Ordinal);

    /// <summary>How a path of the file system goes on from the mount, which may show a part of it only; empty: it is what the mount shows.</summary>
    /// <param name="path">One that is not in that part stays as it is.</param>
    public string PathBeneath(string path)
    {
        string root = Root.TrimEnd('/');
        // /docker/ab is no part of /docker/a.
        bool shown = path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/');
        return (shown ? path[root.Length..] : path).TrimEnd('/');
    }
}
