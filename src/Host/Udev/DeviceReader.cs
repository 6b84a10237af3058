using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Udev;

/// <summary>
/// Puts together what udev, sysfs and /dev know of a device. What a device hangs from is remembered, since it is read with each of its children;
/// for one thread at a time.
/// </summary>
/// <param name="sysfs">Where sysfs is mounted: <c>/sys</c>.</param>
/// <param name="database">udev's database: <c>/run/udev/data</c>.</param>
internal sealed class DeviceReader(string sysfs, string database)
{
    private readonly Dictionary<string, bool> _buses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KnownParent> _parents = new(StringComparer.Ordinal);

    /// <summary>The device that an event is about.</summary>
    /// <exception cref="IOException">It cannot be looked at now: no descriptor is left, say.</exception>
    internal Device OfMessage(UeventMessage message)
    {
        _parents.Remove(message.DevPath);
        List<KeyValuePair<string, string>> properties = new(message.Properties.Length);
        foreach (KeyValuePair<string, string> property in message.Properties)
        {
            if (property.Key is not ("ACTION" or "SEQNUM" or "SYNTH_UUID" or "DEVPATH_OLD"))
            {
                properties.Add(Absolute(property));
            }
        }

        ImmutableArray<Device> parents = message.Action == DeviceChange.Remove ? [] : ParentsOf(message.DevPath, mayHaveChanged: true);
        DatabaseFile? record = RecordOf(message.DevPath, message.Subsystem, CollectionsMarshal.AsSpan(properties), out _);
        return Complete(message.DevPath, message.Subsystem, [.. properties], record, parents);
    }

    /// <summary>A device that is there; null: it is there no longer.</summary>
    /// <param name="path">Its path without <c>/sys</c>.</param>
    /// <exception cref="IOException">It cannot be looked at now.</exception>
    internal Device? OfPath(string path) => ReadOne(path, out _) is { } device ? device with { Parents = ParentsOf(path, mayHaveChanged: false) } : null;

    /// <summary>Everything may be different now.</summary>
    internal void Forget()
    {
        _parents.Clear();
        _buses.Clear();
    }

    /// <param name="path">Of the device.</param>
    /// <param name="mayHaveChanged">
    /// What was read since <see cref="Forget"/> may be of another device by now: of most parents we hear nothing, when rules are about their children only,
    /// and what is plugged into the same port has the same path.
    /// </param>
    private ImmutableArray<Device> ParentsOf(string path, bool mayHaveChanged)
    {
        ImmutableArray<Device>.Builder parents = ImmutableArray.CreateBuilder<Device>();
        for (string above = Above(path); above.Length > "/devices".Length; above = Above(above))
        {
            // Also that a directory is no device is remembered.
            if (!_parents.TryGetValue(above, out KnownParent known) || (mayHaveChanged && HasChanged(above, known)))
            {
                FileIdentity? directory = IdentityOf(sysfs + above);
                Device? read = ReadOne(above, out FileIdentity? record);
                _parents[above] = known = new KnownParent(read, directory, record);
            }

            if (known.Device is { } parent)
            {
                parents.Add(parent);
            }
        }

        return parents.DrainToImmutable();
    }

    /// <summary>sysfs gives no inode number twice, and udevd replaces a record, and does not write to it.</summary>
    private bool HasChanged(string path, KnownParent known) =>
        IdentityOf(sysfs + path) != known.Directory || (known.Device?.Record is { } record && IdentityOf($"{database}/{record.Name}") != known.Record);

    private static FileIdentity? IdentityOf(string path) => FileStatus.OfPath(path)?.Identity;

    private static string Above(string path) => path[..Math.Max(path.LastIndexOf('/'), 0)];

    /// <summary>From sysfs and the database, as libudev does. Null: it is no device, or there no longer.</summary>
    private Device? ReadOne(string path, out FileIdentity? recordIdentity)
    {
        recordIdentity = null;
        try
        {
            if (!File.Exists($"{sysfs}{path}/uevent") || SubsystemOf(path) is not { } subsystem)
            {
                return null;
            }

            List<KeyValuePair<string, string>> properties = [new("DEVPATH", path), new("SUBSYSTEM", subsystem)];
            foreach (string line in File.ReadLines($"{sysfs}{path}/uevent"))
            {
                if (line.IndexOf('=') is > 0 and int equals)
                {
                    properties.Add(Absolute(new(line[..equals], line[(equals + 1)..])));
                }
            }

            DatabaseFile? file = RecordOf(path, subsystem, CollectionsMarshal.AsSpan(properties), out recordIdentity);
            if (file is { Content.Length: > 0 })
            {
                Add(properties, DatabaseRecord.Read(file.Content.AsSpan()));
            }

            return Complete(path, subsystem, [.. properties], file, []);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException && IsGone(gone))
        {
            return null;
        }
    }

    /// <summary>And not that there is no descriptor left to look at it, say.</summary>
    private static bool IsGone(Exception failure) => failure is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException ||
        (failure is IOException && (failure.HResult == Tmds.Linux.LibC.ENODEV || failure.HResult == Tmds.Linux.LibC.ENXIO));

    /// <summary>What udev's messages have beside the kernel's properties.</summary>
    private static void Add(List<KeyValuePair<string, string>> properties, DatabaseRecord record)
    {
        properties.AddRange(record.Properties.Where(property => !properties.Exists(other => other.Key == property.Key)));
        if (!record.Links.IsEmpty)
        {
            properties.Add(new("DEVLINKS", string.Join(' ', record.Links.Select(link => "/dev/" + link))));
        }

        if (record.Initialised is { } initialised)
        {
            properties.Add(new("USEC_INITIALIZED", initialised));
        }

        if (!record.Tags.IsEmpty)
        {
            properties.Add(new("TAGS", $":{string.Join(':', record.Tags)}:"));
        }

        if (!record.CurrentTags.IsEmpty)
        {
            properties.Add(new("CURRENT_TAGS", $":{string.Join(':', record.CurrentTags)}:"));
        }
    }

    private Device Complete(
        string path, string subsystem, ImmutableArray<KeyValuePair<string, string>> properties, DatabaseFile? record, ImmutableArray<Device> parents)
    {
        ReadOnlySpan<KeyValuePair<string, string>> all = properties.AsSpan();
        return new Device
        {
            Path = path,
            Subsystem = subsystem,
            Properties = properties,
            Parents = parents,
            Type = Value(all, "DEVTYPE"),
            OnBus = IsBus(subsystem),
            Node = NodeOf(subsystem, all),
            Links = Value(all, "DEVLINKS")?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToImmutableArray() ?? [],
            Tags = Value(all, "TAGS")?.Split(':', StringSplitOptions.RemoveEmptyEntries).ToImmutableArray() ?? [],
            Incarnation = Value(all, "USEC_INITIALIZED") ?? "",
            Record = record,
        };
    }

    private static string? Value(ReadOnlySpan<KeyValuePair<string, string>> properties, string name)
    {
        foreach ((string key, string value) in properties)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>A subsystem stays what it is.</summary>
    private bool IsBus(string subsystem)
    {
        if (!_buses.TryGetValue(subsystem, out bool isBus))
        {
            _buses.Add(subsystem, isBus = Directory.Exists($"{sysfs}/bus/{subsystem}"));
        }

        return isBus;
    }

    /// <summary>The kernel's names of nodes lack the directory.</summary>
    private static KeyValuePair<string, string> Absolute(KeyValuePair<string, string> property) =>
        property is { Key: "DEVNAME", Value: not ['/', ..] } ? new("DEVNAME", "/dev/" + property.Value) : property;

    private static DeviceNode? NodeOf(string subsystem, ReadOnlySpan<KeyValuePair<string, string>> properties)
    {
        if (Value(properties, "DEVNAME") is not { } path || NumberOf(Value(properties, "MAJOR")) is not { } major ||
            NumberOf(Value(properties, "MINOR")) is not { } minor)
        {
            return null;
        }

        FileIdentity? there = NodeAt(path);
        if (there is { IsDevice: true, Node: var node } && node.Major == major && node.Minor == minor)
        {
            return new DeviceNode(path, there.Value);
        }

        // Gone by now, and yet others have heard of it: as the kernel made it (drivers/base/core.c, dev_uevent).
        uint mode = Value(properties, "DEVMODE") is { } octal && octal.All(c => c is >= '0' and <= '7') ? Convert.ToUInt32(octal, 8) & 0x1FF : 0x180;
        NodeIdentity made = new(major, minor, mode, NumberOf(Value(properties, "DEVUID")) ?? 0, NumberOf(Value(properties, "DEVGID")) ?? 0);
        return new DeviceNode(path, new FileIdentity(0, 0, IsBlock(subsystem) ? FileKind.BlockDevice : FileKind.CharacterDevice, made));
    }

    /// <summary>Whatever a message calls a node.</summary>
    private static FileIdentity? NodeAt(string path)
    {
        try
        {
            return IdentityOf(path);
        }
        catch (KernelException)
        {
            return null;
        }
    }

    private static uint? NumberOf(string? text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null;

    private static bool IsBlock(string subsystem) => subsystem == "block";

    private string? SubsystemOf(string path) => Path.GetFileName(File.ResolveLinkTarget($"{sysfs}{path}/subsystem", returnFinalTarget: false)?.FullName);

    /// <summary>Its file in the database; empty: udev has written none. Null: it can have none.</summary>
    private DatabaseFile? RecordOf(string path, string subsystem, ReadOnlySpan<KeyValuePair<string, string>> properties, out FileIdentity? identity)
    {
        identity = null;
        return IdOf(path, subsystem, properties) is { } id ? ReadRecord(id, out identity) ?? new DatabaseFile(id, []) : null;
    }

    /// <summary>The name of its file in the database (systemd, sd-device.c, device_get_device_id).</summary>
    private static string? IdOf(string path, string subsystem, ReadOnlySpan<KeyValuePair<string, string>> properties)
    {
        if (NumberOf(Value(properties, "MAJOR")) is { } major and > 0 && NumberOf(Value(properties, "MINOR")) is { } minor)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{(IsBlock(subsystem) ? 'b' : 'c')}{major}:{minor}");
        }

        // A name with a slash in it, which sysfs writes as "!", is none that a file could have: udev keeps nothing of such a device.
        string name = path[(path.LastIndexOf('/') + 1)..];
        return NumberOf(Value(properties, "IFINDEX")) is { } index and > 0 ? string.Create(CultureInfo.InvariantCulture, $"n{index}")
            : name.Contains('!') ? null : $"+{subsystem}:{name}";
    }

    /// <summary>Many devices have none: that costs no exception.</summary>
    private DatabaseFile? ReadRecord(string id, out FileIdentity? identity)
    {
        identity = null;
        string path = $"{database}/{id}";
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            identity = FileStatus.OfHandle(file).Identity;
            byte[] content = new byte[RandomAccess.GetLength(file)];
            int length = RandomAccess.Read(file, content, 0);
            return new DatabaseFile(id, ImmutableCollectionsMarshal.AsImmutableArray(length == content.Length ? content : content[..length]));
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException && IsGone(none))
        {
            return null;
        }
    }

    /// <param name="Device">As it was read; null: the directory is no device.</param>
    /// <param name="Directory">Which directory that was; null: there was none.</param>
    /// <param name="Record">Which file of the database; null: there was none.</param>
    private readonly record struct KnownParent(Device? Device, FileIdentity? Directory, FileIdentity? Record);
}
