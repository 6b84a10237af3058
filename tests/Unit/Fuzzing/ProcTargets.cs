using System.Collections.Immutable;
using System.Text;
using ContainerManager.Host.Devices;
using ContainerManager.Host.Plugins;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>Files of /proc: the kernel's words, with names in them that anybody may have chosen.</summary>
internal static class ProcTargets
{
    private static readonly MountTableEntry[] s_hierarchies = [Hierarchy("/"), Hierarchy("/docker/abc"), Hierarchy("/..")];

    internal static readonly FuzzTarget MountInfo = new("mountinfo", input =>
    {
        string text = Encoding.UTF8.GetString(input.Span);
        ImmutableArray<MountTableEntry> mounts = MountTable.Parse(text).Mounts;
        // A line feed ends a line; nothing else that may be in a name does.
        Assert.InRange(mounts.Length, 0, text.AsSpan().Count('\n') + 1);
        StringBuilder written = new();
        foreach (MountTableEntry mount in mounts)
        {
            Assert.InRange(mount.Root.Length + mount.MountPoint.Length + mount.Options.Length + mount.FileSystemType.Length, 0, text.Length);
            written.Append(LineOf(mount));
        }

        // Written as the kernel does it, the same mounts are read.
        Assert.True(mounts.AsSpan().SequenceEqual(MountTable.Parse(written.ToString()).Mounts.AsSpan()));
        return mounts.Length > 0;
    }, " - ", " ", "\n", "\\040", "\\011", "\\012", "\\134", "\\999", "\\", "//deleted", "/", "rw,nosuid", "master:1", "shared:7 ", "cgroup2", "\r", "\f", "\u0085", "\u2028", "ü");

    internal static readonly FuzzTarget Cgroups = new("cgroup", input =>
    {
        ImmutableDictionary<string, string> cgroups = ProcFiles.Cgroups(Encoding.UTF8.GetString(input.Span));
        foreach (string path in cgroups.Values)
        {
            foreach (MountTableEntry hierarchy in s_hierarchies)
            {
                string[] levels = CgroupDirectories.Levels(hierarchy, path);
                Assert.Equal(hierarchy.MountPoint, levels[^1]);
                for (int i = 0; i + 1 < levels.Length; i++)
                {
                    Assert.StartsWith(levels[i + 1] + "/", levels[i], StringComparison.Ordinal);
                }
            }
        }

        return cgroups.Count > 0;
    }, ":", "::", "0::/", ",", "/", "/..", "/docker/abc", "/docker/abcd", "name=systemd", "devices", "\n", " (deleted)", "1:devices:/docker/abcdef/x\n");

    private static MountTableEntry Hierarchy(string root) => new(1, 0, root, "/sys/fs/cgroup", "rw", "cgroup2", "0:1");

    private static string LineOf(MountTableEntry mount) =>
        $"{mount.Id} {mount.ParentId} {mount.Device} {Escaped(mount.Root)} {Escaped(mount.MountPoint)} {mount.Options} - {mount.FileSystemType} none rw\n";

    private static string Escaped(string name) =>
        name.Replace("\\", "\\134", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal).Replace("\t", "\\011", StringComparison.Ordinal).Replace("\n", "\\012", StringComparison.Ordinal);
}
