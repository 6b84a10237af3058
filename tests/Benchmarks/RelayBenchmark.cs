using System.Globalization;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>A udev event of the host → a program inside has received it: through the server, and through one bare thread, in turns in one run.</summary>
internal static class RelayBenchmark
{
    private const int Count = 2000;

    /// <summary>A device that every machine has; it is only told about.</summary>
    internal const string Device = "/dev/fuse";

    internal static (Samples Server, Samples Bare) Run(string relay, int processId)
    {
        (Samples ofServer, Samples ofBare) = (new(), new());
        foreach (string line in Programs.Run(relay, $"{processId}", $"{Count}").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            (words[0] == "server" ? ofServer : ofBare).Add(double.Parse(words[1], CultureInfo.InvariantCulture) / 1000);
        }

        return (ofServer, ofBare);
    }
}

/// <summary>Where no udevd runs, what tells that one does: the server then hears udev's messages, which the benchmark sends itself.</summary>
internal sealed class UdevdStandIn : IDisposable
{
    private const string Directory = "/run/udev";
    private readonly bool _isOurs = !File.Exists(Directory + "/control");

    internal UdevdStandIn()
    {
        if (_isOurs)
        {
            System.IO.Directory.CreateDirectory(Directory);
            Programs.Run("mount", "-t", "tmpfs", "tmpfs", Directory);
            File.WriteAllText(Directory + "/control", "");
        }
    }

    public void Dispose()
    {
        if (_isOurs)
        {
            Programs.Run("umount", "--lazy", Directory);
            System.IO.Directory.Delete(Directory);
        }
    }
}
