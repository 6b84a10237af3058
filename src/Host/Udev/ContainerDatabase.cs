using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Host.Udev;

/// <summary>
/// A container's own <c>/run/udev</c>, on the host: the devices that it has, what they hang from, and no others. Beside it, what the container was
/// told, for a server that comes after this one. For one thread at a time.
/// </summary>
internal sealed class ContainerDatabase
{
    private const UnixFileMode ReadableFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode ReadableDirectory = ReadableFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string _root;
    private readonly Dictionary<string, ImmutableArray<byte>> _written = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<string>> _tagged = new(StringComparer.Ordinal);
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GivenDevice> _given = new(StringComparer.Ordinal);

    /// <param name="root">A directory of its own; made when it is not there.</param>
    /// <param name="run">What tells this run of the container from another: what an earlier run was told is forgotten.</param>
    internal ContainerDatabase(string root, string run)
    {
        _root = root;
        string runFile = Path.Combine(root, "run");
        if (Directory.Exists(root) && !(File.Exists(runFile) && File.ReadAllText(runFile) == run))
        {
            Directory.Delete(root, recursive: true);
        }

        Directory.CreateDirectory(Path.Combine(root, "given"));
        Directory.CreateDirectory(Path.Combine(root, "new"));
        foreach (string directory in (string[])["udev", "udev/data", "udev/tags"])
        {
            MakeReadable(Path.Combine(root, directory));
        }

        // libudev listens only where this exists (systemd, libudev/libudev-monitor.c); that nobody listens at it does not matter.
        File.WriteAllText(Path.Combine(root, "udev/control"), "");
        File.WriteAllText(runFile, run);
        ReadGiven();
        if (File.Exists(Path.Combine(root, "made")))
        {
            _made.UnionWith(File.ReadAllLines(Path.Combine(root, "made")));
        }

        Sweep();
    }

    /// <summary>What becomes the container's <c>/run/udev</c>.</summary>
    internal string Source => Path.Combine(_root, "udev");

    /// <summary>What the container was told of and not yet of its end.</summary>
    internal ImmutableArray<KnownDevice> Given => [.. _given.Values.Where(given => given.Told).Select(given => new KnownDevice(given.ToDevice(), given.Admission))];

    /// <summary>What the container was about to be told of when an earlier server was killed.</summary>
    internal ImmutableArray<Device> Untold => [.. _given.Values.Where(given => !given.Told).Select(given => given.ToDevice())];

    /// <summary>The directories that were made in the container for links.</summary>
    internal IReadOnlyCollection<string> Made => _made;

    /// <summary>Such directories were made.</summary>
    internal void RememberMade(ImmutableArray<string> made)
    {
        if (made.Length > 0)
        {
            _made.UnionWith(made);
            WriteMade();
        }
    }

    /// <summary>Such directories are gone, and the container's own if it makes them again. A record that cannot be written names too many, which does no harm.</summary>
    internal void ForgetMade(ImmutableArray<string> gone)
    {
        if (gone.Length == 0)
        {
            return;
        }

        _made.ExceptWith(gone);
        try
        {
            WriteMade();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next time.
        }
    }

    /// <summary>A device as it was written down last; null: it was not.</summary>
    internal Device? Known(string path) => _given.TryGetValue(path, out GivenDevice? given) ? given.ToDevice() : null;

    /// <summary>Another device that the container has and that is known by the same link; null: there is none.</summary>
    internal Device? OtherWithLink(string link, string path) =>
        _given.Values.FirstOrDefault(given => given.Path != path && given.NodePath is not null && given.Links.Contains(link))?.ToDevice();

    /// <summary>Puts a device in, as it is now. Before the container is told.</summary>
    internal void Put(Device device)
    {
        foreach (Device one in device.Parents.Reverse().Append(device))
        {
            if (one.Record is { } record)
            {
                Put(record);
            }
        }

        if (device.Record is not { } own || (_tagged.TryGetValue(device.Path, out ImmutableArray<string> before) && before.SequenceEqual(device.Tags)))
        {
            return;
        }

        _tagged[device.Path] = device.Tags;
        foreach (string tag in device.Tags.Where(IsName))
        {
            MakeReadable(Path.Combine(Source, "tags", tag));
            Write($"udev/tags/{tag}/{own.Name}", default);
        }
    }

    /// <summary>Most events change nothing of it.</summary>
    private void Put(DatabaseFile record)
    {
        if (_written.TryGetValue(record.Name, out ImmutableArray<byte> before) && before.AsSpan().SequenceEqual(record.Content.AsSpan()))
        {
            return;
        }

        Write("udev/data/" + record.Name, record.Content.IsDefaultOrEmpty ? Unknown : record.Content.AsSpan());
        _written[record.Name] = record.Content;
    }

    /// <summary>Writes down that something is done in the container for a device.</summary>
    /// <param name="device">Which.</param>
    /// <param name="admission">What the container gets of it.</param>
    /// <param name="told">The container has heard of it.</param>
    internal void Remember(Device device, DeviceAdmission admission, bool told)
    {
        GivenDevice given = GivenDevice.Of(device, admission, told);
        if (_given.TryGetValue(device.Path, out GivenDevice? before) && before.SaysTheSameAs(given))
        {
            return;
        }

        Keep(given);
    }

    private void Keep(GivenDevice given)
    {
        _given[given.Path] = given;
        OwnRecord.Write(Path.Combine(_root, "given", NameOf(given.Path)), GivenDeviceJson.Write(given), Draft);
    }

    /// <summary>The container has heard of a device's end. What is there for it stays, to be taken out, and stays known.</summary>
    internal void Untell(string path)
    {
        if (_given.TryGetValue(path, out GivenDevice? given) && given.Told)
        {
            Keep(given with { Told = false });
        }
    }

    /// <summary>Takes a device out, and what only it needed.</summary>
    internal void Remove(string path)
    {
        if (!_given.Remove(path, out GivenDevice? gone))
        {
            return;
        }

        foreach (string record in gone.Records.Except(_given.Values.SelectMany(given => given.Records)))
        {
            File.Delete(Path.Combine(Source, "data", record));
            _written.Remove(record);
        }

        _tagged.Remove(path);
        foreach (string tag in gone.Tags.Where(tag => IsName(tag) && Directory.Exists(Path.Combine(Source, "tags", tag))))
        {
            File.Delete(Path.Combine(Source, "tags", tag, gone.Records.FirstOrDefault("none")));
        }

        File.Delete(Path.Combine(_root, "given", NameOf(path)));
    }

    /// <summary>A file that is there means that udev has dealt with the device; where none runs, nobody else will.</summary>
    private static ReadOnlySpan<byte> Unknown => "I:1\nV:1\n"u8;

    /// <summary>As the directory of a tag.</summary>
    private static bool IsName(string tag) => tag.Length is > 0 and < 256 && tag is not ("." or "..") && !tag.Contains('/');

    private static string NameOf(string path) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 16));

    /// <summary>Whatever our umask: who reads it inside need not be root, nor root root.</summary>
    private static void MakeReadable(string directory)
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            File.SetUnixFileMode(directory, ReadableDirectory);
        }
    }

    private string Draft => Path.Combine(_root, "new/draft");

    private void WriteMade()
    {
        if (_made.Count == 0)
        {
            File.Delete(Path.Combine(_root, "made"));
        }
        else
        {
            Write("made", Encoding.UTF8.GetBytes(string.Join('\n', _made)));
        }
    }

    /// <summary>In one step: who reads it meanwhile reads the old or the new.</summary>
    private void Write(string name, ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(Draft, content);
        File.SetUnixFileMode(Draft, ReadableFile);
        File.Move(Draft, Path.Combine(_root, name), overwrite: true);
    }

    private void ReadGiven()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_root, "given")))
        {
            try
            {
                GivenDevice given = GivenDeviceJson.Read(File.ReadAllBytes(file));
                _given[given.Path] = given;
            }
            catch (FormatException)
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>What a server has put in that was killed before it could tell the container.</summary>
    private void Sweep()
    {
        HashSet<string> needed = [.. _given.Values.SelectMany(given => given.Records)];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Source, "data")).Where(file => !needed.Contains(Path.GetFileName(file))))
        {
            File.Delete(file);
        }

        HashSet<(string, string)> tagged = [.. _given.Values.SelectMany(given => given.Tags.Select(tag => (tag, given.Records.FirstOrDefault("none"))))];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Source, "tags"), "*", SearchOption.AllDirectories))
        {
            if (!tagged.Contains((Path.GetFileName(Path.GetDirectoryName(file))!, Path.GetFileName(file))))
            {
                File.Delete(file);
            }
        }
    }
}
