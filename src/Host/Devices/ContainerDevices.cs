using System.Collections.Immutable;
using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.State;
using ContainerManager.Host.Udev;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Devices;

/// <summary>
/// Everything of one container's devices but their nodes: permission, links, database, events. In the order that works: when a program hears of a
/// device, all the rest is there; when it goes, it hears of that first. For one thread at a time.
/// </summary>
internal sealed class ContainerDevices : IDisposable
{
    /// <summary>Where a udevd listens (systemd, udev/udev-ctrl.c).</summary>
    private const string UdevdControl = "/run/udev/control";

    private readonly ContainerEntry _container;
    private readonly string _databaseDirectory;
    private readonly Func<IInsideEvents?> _inside;
    private ContainerDatabase? _database;
    private ContainerEvents? _events;
    private DeviceLinks? _links;
    private bool _hasUdevd;

    private ContainerDevices(ContainerEntry container, string directory, bool wanted, Func<string, IDisposable> watch, Func<IInsideEvents?> inside)
    {
        Permission = new ContainerPermission(container, new GrantRecord(Path.Combine(directory, "grants"), () => CgroupDirectories.IdentityOf(container)), watch);
        (_container, _inside) = (container, inside);
        _databaseDirectory = Path.Combine(directory, "udev");
        if (wanted || Directory.Exists(_databaseDirectory))
        {
            Equip();
        }
    }

    /// <summary>What the container may use.</summary>
    internal ContainerPermission Permission { get; }

    /// <summary>What an earlier server has told the container of.</summary>
    internal ImmutableArray<KnownDevice> Given { get; private set; } = [];

    /// <summary>What is to be the container's <c>/run/udev</c>; null: nothing.</summary>
    internal (string Path, FileIdentity Identity)? Database { get; private set; }

    /// <param name="container">The container.</param>
    /// <param name="directory">Of its own, for what a server that comes after this one has to know.</param>
    /// <param name="wanted">A rule gives it devices; otherwise only what is left of earlier ones counts.</param>
    /// <param name="watch">As of <see cref="ContainerPermission"/>.</param>
    /// <param name="inside">As of <see cref="ContainerEvents"/>.</param>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    internal static ContainerDevices Open(ContainerEntry container, string directory, bool wanted, Func<string, IDisposable> watch, Func<IInsideEvents?> inside) =>
        new(container, directory, wanted, watch, inside);

    /// <summary>Makes ready what a container needs that rules give devices. What is there already stays.</summary>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    internal void Equip()
    {
        if (_database is not null)
        {
            // What an earlier server had given is known since then, and may be another by now.
            Given = [];
            return;
        }

        _database = new ContainerDatabase(_databaseDirectory, RunOf(_container));
        _links = new DeviceLinks(_container, _database);
        _events = ContainerEvents.In(_container, _inside);
        _hasUdevd = RunsUdevd(_container);
        foreach (Device device in _database.Untold)
        {
            _links.Remove(device);
            _database.Remove(device.Path);
        }

        _links.RemoveEmptyDirectories();
        Given = _database.Given;
        Database = _hasUdevd ? null : (_database.Source, FileStatus.OfPath(_database.Source)!.Value.Identity);
        foreach ((Device device, _) in Given.Where(given => given is { Device.Node: not null, Admission: null or { Permission: true } }))
        {
            Permission.Resume(NumberOf(device.Node!), device.Path);
        }
    }

    /// <summary>Tells the container.</summary>
    internal DeviceOutcome Tell(DeviceTurn turn) => turn.Kind == DeviceTurnKind.Go ? Withdraw(turn) : Introduce(turn);

    /// <inheritdoc/>
    public void Dispose()
    {
        Permission.Dispose();
        _events?.Dispose();
    }

    /// <summary>The number by which a device cgroup knows a node's device.</summary>
    internal static DeviceNumber NumberOf(FileIdentity node) => new(node.Kind == FileKind.BlockDevice, node.Node.Major, node.Node.Minor);

    private static DeviceNumber NumberOf(DeviceNode node) => NumberOf(node.Identity);

    private DeviceOutcome Introduce(DeviceTurn turn)
    {
        Device device = turn.Device;
        PartOutcome permission = device.Node is null ? new PartOutcome("none") : turn.Admission.Permission
            ? Permission.Grant(NumberOf(device.Node), device.Path)
            : PartOutcome.Off;
        PartOutcome links = MakeLinks(turn);
        PartOutcome database = !turn.Admission.Database ? PartOutcome.Off : _hasUdevd ? new PartOutcome("its own udevd's") : Write(() => _database!.Put(device)) ?? links;
        PartOutcome events = turn.Admission.Events ? Send(turn) : PartOutcome.Off;
        PartOutcome? forgotten = Write(() => _database!.Remember(device, turn.Admission, told: true));
        return new DeviceOutcome(permission, forgotten ?? database, events);
    }

    private DeviceOutcome Withdraw(DeviceTurn turn)
    {
        Device device = turn.Device;
        Lazy<PartOutcome> permission = new(() => device.Node is null ? new PartOutcome("none") : Permission.Revoke(NumberOf(device.Node), device.Path), isThreadSafe: false);
        if (_events!.AreSentInside)
        {
            // Whoever is to say it could take their time, and keep the permission meanwhile.
            _ = permission.Value;
        }

        PartOutcome events = turn.Admission.Events ? Send(turn) : PartOutcome.Off;

        // Should we be killed from here on, the next server takes back the rest, and does not tell of it again.
        Write(() => _database!.Untell(device.Path));

        // Before what the container can hold up, by a file system of its own on the way to a link.
        _ = permission.Value;
        Device? known = _database!.Known(device.Path);
        _links?.Remove(known is null ? device : known with { Links = [.. known.Links.Union(device.Links)] });
        PartOutcome database = Write(() => _database!.Remove(device.Path)) ?? new PartOutcome("removed");
        return new DeviceOutcome(permission.Value, database, events);
    }

    /// <summary>What is done inside is written down before; where nothing is, the container hears sooner.</summary>
    private PartOutcome MakeLinks(DeviceTurn turn)
    {
        Device device = turn.Device;
        PartOutcome written = new("written");
        if (_database!.Known(device.Path) is { } before && before.Links.Except(device.Links).ToImmutableArray() is { Length: > 0 } others)
        {
            // udev has taken them off: of the medium that was in the drive before, say.
            _links!.Remove(before with { Links = others });
        }

        if (turn.Node is null || device.Links.IsEmpty)
        {
            return written;
        }

        PartOutcome? failure = turn.Kind == DeviceTurnKind.Come ? Write(() => _database!.Remember(device, turn.Admission, told: false)) : null;
        return failure ?? (_links!.Make(device) is { } problem ? PartOutcome.Failed(problem) : written);
    }

    /// <summary>A udevd inside hears the kernel, and tells its own programs.</summary>
    private PartOutcome Send(DeviceTurn turn) => _hasUdevd ? new PartOutcome("its own udevd's") : _events!.Send(turn);

    private static PartOutcome? Write(Action write)
    {
        try
        {
            write();
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return PartOutcome.Failed(failure.Message);
        }
    }

    private static bool RunsUdevd(ContainerEntry container)
    {
        try
        {
            using SafeFileHandle? control = RootedPath.Open(container.Root, UdevdControl);
            return control is not null && FileStatus.OfHandle(control).Identity.Kind == FileKind.Socket;
        }
        catch (KernelException)
        {
            return false;
        }
    }

    private static string RunOf(ContainerEntry container) => string.Create(
        CultureInfo.InvariantCulture,
        $"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()} {FileStatus.OfHandle(container.MountNamespace).Identity.Inode} {FileStatus.OfHandle(container.Process).Identity.Inode}");
}
