using System.Globalization;
using System.Text;
using ContainerManager.Linux;

namespace ContainerManager.Host.Devices;

/// <summary>
/// What one container was granted, on disk, for a server that comes after this one. Written before something is granted and after it is taken back,
/// so that whenever a server is killed the next one knows all that is ours to take back; and never what the runtime allows by itself. For one thread
/// at a time.
/// </summary>
/// <param name="file">Not there, or empty: nothing is granted.</param>
/// <param name="cgroup">What tells the cgroup in which it is granted from a later one of the same name, that has what its runtime allows.</param>
internal sealed class GrantRecord(string file, Func<string> cgroup)
{
    private const string Word = "cgroup ";

    private HashSet<DeviceNumber>? _devices;
    private bool _saysWhere;

    /// <summary>Something is written down.</summary>
    internal bool Exists => File.Exists(file);

    /// <summary>What is written down.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal IReadOnlySet<DeviceNumber> Devices => _devices ??= Read();

    /// <summary>Writes down what is granted, instead of what was. The same costs nothing.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void Write(IEnumerable<DeviceNumber> devices)
    {
        HashSet<DeviceNumber> wanted = [.. devices];
        if (wanted.SetEquals(Devices) && (wanted.Count > 0 ? _saysWhere : !Exists))
        {
            return;
        }

        if (wanted.Count == 0)
        {
            File.Delete(file);
        }
        else
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            OwnRecord.Write(file, Encoding.UTF8.GetBytes(string.Join('\n', wanted.Select(device => device.ToString()).Prepend(Word + cgroup()))), file + ".new");
        }

        (_devices, _saysWhere) = (wanted, true);
    }

    private HashSet<DeviceNumber> Read()
    {
        string[] lines = Exists ? File.ReadAllLines(file) : [];
        string? where = lines.FirstOrDefault(line => line.StartsWith(Word, StringComparison.Ordinal));
        _saysWhere = where is not null && where == Word + cgroup();
        return where is null || _saysWhere ? [.. lines.Select(NumberIn).OfType<DeviceNumber>()] : [];
    }

    /// <summary>A line that somebody else has written says nothing.</summary>
    private static DeviceNumber? NumberIn(string line) => line.Split(' ', ':') is [var kind, var first, var second] &&
        uint.TryParse(first, CultureInfo.InvariantCulture, out uint major) && uint.TryParse(second, CultureInfo.InvariantCulture, out uint minor)
            ? new DeviceNumber(kind == "b", major, minor)
            : null;
}
