using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Linux;

namespace ContainerManager.Host.Udev;

/// <summary>
/// What a container was told of a device, so that it can be told of its end when nothing else is left of it: sysfs is gone by then, and the server
/// may be another one.
/// </summary>
/// <param name="Path">In sysfs.</param>
/// <param name="Subsystem">SUBSYSTEM</param>
/// <param name="Type">DEVTYPE</param>
/// <param name="Incarnation">As of <see cref="Device.Incarnation"/>.</param>
/// <param name="NodePath">Of its node; null: it has none.</param>
/// <param name="Node">Which node it is.</param>
/// <param name="Links">To the node, absolute.</param>
/// <param name="Tags">TAGS</param>
/// <param name="Names">Of its properties.</param>
/// <param name="Values">The values, in the same order.</param>
/// <param name="Told">The container has heard of it. If not, what is left of the attempt is to be taken away.</param>
/// <param name="Records">Names of the database files it needs: its own, and those of what it hangs from.</param>
/// <param name="Admission">What the container gets of it; null: an earlier version of the server has written it.</param>
internal sealed record GivenDevice(
    string Path,
    string Subsystem,
    string? Type,
    string Incarnation,
    string? NodePath,
    FileIdentity Node,
    ImmutableArray<string> Links,
    ImmutableArray<string> Tags,
    ImmutableArray<string> Names,
    ImmutableArray<string> Values,
    bool Told,
    ImmutableArray<string> Records,
    DeviceAdmission? Admission)
{
    internal static GivenDevice Of(Device device, DeviceAdmission admission, bool told) => new(
        device.Path,
        device.Subsystem,
        device.Type,
        device.Incarnation,
        device.Node?.Path,
        device.Node?.Identity ?? default,
        device.Links,
        device.Tags,
        [.. device.Properties.Select(property => property.Key)],
        [.. device.Properties.Select(property => property.Value)],
        told,
        [.. device.Parents.Prepend(device).Select(one => one.Record?.Name).OfType<string>()],
        admission);

    /// <summary>Nothing has changed that the end of the device would need.</summary>
    internal bool SaysTheSameAs(GivenDevice other) => Told == other.Told && Admission == other.Admission && Incarnation == other.Incarnation && Node == other.Node &&
        Links.SequenceEqual(other.Links) && Tags.SequenceEqual(other.Tags) && Names.SequenceEqual(other.Names) && Values.SequenceEqual(other.Values) &&
        Records.SequenceEqual(other.Records);

    internal Device ToDevice() => new()
    {
        Path = Path,
        Subsystem = Subsystem,
        Type = Type,
        Incarnation = Incarnation,
        Node = NodePath is null ? null : new DeviceNode(NodePath, Node),
        Links = Links,
        Tags = Tags,
        Properties = [.. Names.Zip(Values, (name, value) => new KeyValuePair<string, string>(name, value))],
        Record = Records.IsEmpty ? null : new DatabaseFile(Records[0], []),
    };
}
