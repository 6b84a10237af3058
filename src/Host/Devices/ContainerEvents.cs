using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.State;
using ContainerManager.Host.Udev;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Devices;

/// <summary>Tells the programs in one container of devices, in its network namespace. For one thread at a time.</summary>
internal sealed class ContainerEvents : IDisposable
{
    private static readonly PartOutcome Sent = new("sent");

    private readonly UeventSender? _sender;
    private readonly Func<IInsideEvents?> _inside;
    private readonly PartOutcome _without;
    private readonly bool _asKernelToo;
    private readonly uint _user;
    private readonly uint _group;

    private ContainerEvents(UeventSender? sender, Func<IInsideEvents?> inside, PartOutcome without, bool asKernelToo, ContainerEntry container)
    {
        (_sender, _inside, _without, _asKernelToo) = (sender, inside, without, asKernelToo);
        (_user, _group) = (container.UserIds.ToOutside(0) ?? 0, container.GroupIds.ToOutside(0) ?? 0);
    }

    /// <param name="container">Where.</param>
    /// <param name="inside">Who sends there where we may not enter; null: nobody, by now.</param>
    internal static ContainerEvents In(ContainerEntry container, Func<IInsideEvents?> inside)
    {
        if (container.NetworkNamespace is not { } network)
        {
            return Without(PartOutcome.Failed("its runtime's plugin does not say which network namespace it has"));
        }

        using SafeFileHandle own = File.OpenHandle("/proc/self/ns/net");
        if (FileStatus.OfHandle(network).Identity == FileStatus.OfHandle(own).Identity)
        {
            // Everything that the host's programs hear it hears, too. A second time would be once too often.
            return container.UserIds.ToOutside(0) == 0
                ? Without(new PartOutcome("the host's"))
                : Without(PartOutcome.Failed("it shares the host's network, where its programs believe no event, since root is nobody there: give it a network of its own"));
        }

        bool asKernelToo = false;
        try
        {
            // The kernel itself tells only those network namespaces that belong to its first user namespace.
            asKernelToo = !NamespaceOwner.IsOurUserNamespace(network);
            return new ContainerEvents(UeventSender.In(network), static () => null, default, asKernelToo, container);
        }
        catch (KernelException failure)
        {
            return new ContainerEvents(null, inside, PartOutcome.Failed(failure.Message), asKernelToo, container);
        }

        ContainerEvents Without(PartOutcome why) => new(null, static () => null, why, false, container);
    }

    /// <summary>Somebody inside sends them, and may take their time.</summary>
    internal bool AreSentInside => _sender is null;

    /// <summary>Tells of a turn.</summary>
    internal PartOutcome Send(DeviceTurn turn)
    {
        IInsideEvents? inside = _inside();
        if (_sender is null && inside is null)
        {
            return _without;
        }

        Device device = turn.Device;
        string action = turn.Kind switch
        {
            DeviceTurnKind.Come => DeviceChange.Add,
            DeviceTurnKind.Go => DeviceChange.Remove,
            _ => turn.Change.Action,
        };
        ulong sequence = turn.Change.Sequence != 0 ? turn.Change.Sequence : LastSequence();
        KeyValuePair<string, string>[] properties =
        [
            new("ACTION", action),
            .. device.Properties,
            new("SEQNUM", sequence.ToString(CultureInfo.InvariantCulture)),
        ];
        try
        {
            if (_asKernelToo)
            {
                SendAsKernel(inside, action, device);
            }

            Send(inside, UeventGroup.Udev, LibudevFormat.Write(properties, device.Subsystem, device.Type, device.Tags));
            Send(inside, UeventGroup.LibudevZero, KernelFormat.Write(action, device.Path, [.. properties.Select(Relative)]));
            return Sent;
        }
        catch (IOException failure)
        {
            return PartOutcome.Failed(failure.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sender?.Dispose();

    /// <summary>What the kernel itself says of a device, and not what udev's rules have added; the number is the kernel's, too.</summary>
    private void SendAsKernel(IInsideEvents? inside, string action, Device device)
    {
        byte[] message = KernelFormat.Write(
            action,
            device.Path,
            [new("ACTION", action), .. device.Properties.Where(property => KernelProperties.Contains(property.Key)).Select(Relative)]);
        if (message.Length <= UeventSender.LongestKernelMessage)
        {
            Send(inside, UeventGroup.Kernel, message);
        }
    }

    private void Send(IInsideEvents? inside, UeventGroup group, byte[] message)
    {
        if (_sender is null)
        {
            inside!.Send(group, message);
        }
        else if (group == UeventGroup.Kernel)
        {
            _sender.SendAsKernel(message, _user, _group);
        }
        else
        {
            _sender.Send(group, message, _user, _group);
        }
    }

    /// <summary>Of the kernel's core and of the subsystems that people use in containers (drivers/base/core.c, dev_uevent; their uevent functions).</summary>
    private static readonly HashSet<string> KernelProperties = new(StringComparer.Ordinal)
    {
        "DEVPATH", "SUBSYSTEM", "MAJOR", "MINOR", "DEVNAME", "DEVTYPE", "DEVMODE", "DEVUID", "DEVGID", "DRIVER", "DISKSEQ", "PARTN", "PARTNAME",
        "INTERFACE", "IFINDEX", "PRODUCT", "TYPE", "BUSNUM", "DEVNUM", "MODALIAS", "HID_ID", "HID_NAME", "HID_PHYS", "HID_UNIQ", "NAME", "PHYS", "UNIQ",
        "PROP", "EV", "KEY", "REL", "ABS", "MSC", "LED", "SND", "FF", "SW", "PCI_CLASS", "PCI_ID", "PCI_SUBSYS_ID", "PCI_SLOT_NAME",
    };

    private static KeyValuePair<string, string> Relative(KeyValuePair<string, string> property) =>
        property.Key == "DEVNAME" && property.Value.StartsWith("/dev/", StringComparison.Ordinal) ? new("DEVNAME", property.Value[5..]) : property;

    /// <summary>A message without a number is ignored; the last one that the kernel has given is as good as any.</summary>
    private static ulong LastSequence() =>
        ulong.TryParse(File.ReadAllText("/sys/kernel/uevent_seqnum").AsSpan().Trim(), out ulong last) && last > 0 ? last : 1;
}
