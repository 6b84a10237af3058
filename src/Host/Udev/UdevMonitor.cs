using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ContainerManager.Abstractions;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Events;
using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Host.Udev;

/// <summary>
/// Tells of the devices of the host: first of all that are there, then of each change, in the order in which udevd has dealt with them; where no udevd
/// runs, in the kernel's. Only what udevd, as root, or the kernel has sent is believed.
/// </summary>
/// <param name="listener">The socket, open before anything is listed, so that nothing is missed.</param>
/// <param name="reader">Completes what an event says.</param>
/// <param name="wanted">The subsystems; null: all.</param>
/// <param name="post">Where events go.</param>
/// <param name="overrun">Told when the kernel had no room left for messages, and everything is looked at again.</param>
/// <param name="warn">Told once of each kind of message that is not believed.</param>
/// <param name="time">Measures how long it waits before it looks at everything again, where it could not.</param>
internal sealed class UdevMonitor(
    UeventListener listener, DeviceReader reader, IReadOnlySet<string>? wanted, Action<HostEvent> post, Action overrun, Action<string> warn, TimeProvider time) : IEventSource
{
    /// <summary>Kinds of refusals that are told, each once: whoever sends may vary them.</summary>
    private const int MostTold = 32;

    /// <summary>Longer than any message may be, so that one that is longer is noticed.</summary>
    private readonly byte[] _buffer = new byte[LibudevFormat.Longest + 2];
    private readonly Lock _lock = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private RetriedAction? _list;

    /// <inheritdoc/>
    public string Name => "udev";

    /// <inheritdoc/>
    public SafeHandle Handle => listener.Handle;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Readable;

    /// <summary>How many messages were not believed or not understood.</summary>
    internal long Refused { get; private set; }

    /// <summary>Whether udevd runs: its control socket is there, and libudev does not listen without either.</summary>
    internal static bool UdevdRuns => File.Exists("/run/udev/control");

    /// <summary>Looks at everything, and tells; later, if it cannot be looked at now: half a list would take away what is there.</summary>
    internal void List()
    {
        lock (_lock)
        {
            _list ??= new RetriedAction(_lock, "the devices of the host cannot be listed", ListAll, warn, time);
            _list.Do();
        }
    }

    private void ListAll()
    {
        reader.Forget();
        ImmutableArray<Device> devices = [.. SysfsDevices.Enumerate("/sys", wanted).Select(reader.OfPath).OfType<Device>()];
        post(new HostEvent.DevicesListed(devices));
    }

    /// <inheritdoc/>
    /// <remarks>One message, so that it is passed on before the next is looked at; the socket stays readable while there are more.</remarks>
    public void Drain(IEventSink sink)
    {
        lock (_lock)
        {
            ReceivedUevent received = listener.Receive(_buffer);
            switch (received.Reception)
            {
                case UeventReception.None:
                    break;
                case UeventReception.Overrun:
                    overrun();
                    warn("events of devices were lost; all devices are looked at again");
                    List();
                    break;
                default:
                    try
                    {
                        Take(received);
                    }
                    catch (IOException failure)
                    {
                        // There was no descriptor to look at it, say. What has become of it is in a list of all.
                        Refuse($"{failure.Message}; all devices are looked at again");
                        List();
                    }

                    break;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _list?.Dispose();
        }

        listener.Dispose();
    }

    private void Take(ReceivedUevent received)
    {
        if (Read(received, out string? fault) is not { } message)
        {
            Refuse(fault!);
        }
        else if (wanted is null || wanted.Contains(message.Subsystem))
        {
            post(new HostEvent.DeviceChanged(new DeviceChange(message.Action, reader.OfMessage(message), message.Sequence)
            {
                MovedFrom = message["DEVPATH_OLD"],
            }));
        }
    }

    private UeventMessage? Read(ReceivedUevent received, out string? fault)
    {
        bool ofKernel = received is { Group: UeventGroup.Kernel, Port: 0 }, ofUdev = received is { Group: UeventGroup.Udev, Port: not 0, User: 0 };
        if (!ofKernel && !ofUdev)
        {
            fault = $"not from udevd: sent by user {received.User} to {(received.Group == UeventGroup.None ? "us alone" : $"group {(uint)received.Group}")}";
            return null;
        }

        if (received.Truncated || received.Length > LibudevFormat.Longest)
        {
            fault = "longer than any message of udev";
            return null;
        }

        ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, received.Length);
        return ofKernel ? KernelFormat.Read(bytes, out fault) : LibudevFormat.Read(bytes, out fault);
    }

    private void Refuse(string fault)
    {
        Refused++;
        if (_told.Count < MostTold && _told.Add(fault))
        {
            warn($"a message about a device was not followed ({fault}); more of the kind will be counted only");
        }
    }
}
