using System.Formats.Tar;
using System.Text;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>The smallest root that a container can live in: the static busybox of this machine, under all its names.</summary>
internal static class BusyboxRoot
{
    private const string Busybox = "/bin/busybox";

    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute |
        UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Writes it as a tar archive, as the engines import it.</summary>
    internal static async Task WriteTarAsync(string file)
    {
        string applets = (await Command.RunAsync(Busybox, ["--list"])).OutputOrThrow();
        await using TarWriter tar = new(File.Create(file));
        foreach (string directory in (string[])["bin", "dev", "etc", "home", "mnt", "proc", "root", "run", "sys", "tmp", "usr", "usr/bin", "var"])
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, directory) { Mode = Executable });
        }

        await tar.WriteEntryAsync(Busybox, "bin/busybox");
        foreach (string applet in applets.Split('\n').Where(name => name != "busybox"))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + applet) { LinkName = "busybox", Mode = Executable });
        }

        await WriteTextAsync(tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        await WriteTextAsync(tar, "etc/group", "root:x:0:\n");
    }

    private static async Task WriteTextAsync(TarWriter tar, string name, string text)
    {
        using MemoryStream content = new(Encoding.UTF8.GetBytes(text));
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content });
    }
}
