using System.Collections.Immutable;

namespace ContainerManager.Protocol;

/// <summary><c>GET /v1/devices</c>, and with <c>?container=NAME</c> of one container.</summary>
/// <param name="Devices">By container, then by device.</param>
public sealed record DevicesReply(ImmutableArray<DeviceStatus> Devices);

/// <summary>One device that a container has, or should have.</summary>
/// <param name="Container">The container's name.</param>
/// <param name="Runtime">Its runtime.</param>
/// <param name="Device">The path of its node, or else its path in sysfs.</param>
/// <param name="Path">Its path in sysfs, without <c>/sys</c>.</param>
/// <param name="Subsystem">SUBSYSTEM</param>
/// <param name="Rule">The filter that means it.</param>
/// <param name="State"><c>given</c>, <c>pending</c> or <c>failed</c>.</param>
/// <param name="Node"><c>attached</c>, <c>none</c> (it has none), <c>off</c> or <c>missing</c>.</param>
/// <param name="Permission"><c>granted</c>, <c>needless</c> (nothing denies it), <c>none</c>, <c>off</c> or <c>failed</c>.</param>
/// <param name="Database"><c>written</c>, <c>off</c>, <c>its own udevd's</c> or <c>failed</c>.</param>
/// <param name="Events"><c>sent</c>, <c>off</c>, <c>the host's</c>, <c>its own udevd's</c> or <c>failed</c>.</param>
/// <param name="Reason">What is wrong, and what to do; null when all is well.</param>
public sealed record DeviceStatus(
    string Container,
    string Runtime,
    string Device,
    string Path,
    string Subsystem,
    string Rule,
    string State,
    string Node,
    string? Permission,
    string? Database,
    string? Events,
    string? Reason);

/// <summary><c>GET /v1/why?device=DEVICE&amp;container=NAME</c>: whether a container gets a device, and why.</summary>
/// <param name="Device">The path of its node, or else its path in sysfs.</param>
/// <param name="Path">Its path in sysfs, without <c>/sys</c>.</param>
/// <param name="Container">The container's name.</param>
/// <param name="Given">Whether the rules give it to the container.</param>
/// <param name="Verdict">In a sentence.</param>
/// <param name="Checks">Each filter of the container, in the order in which they are asked, up to the first that matches.</param>
public sealed record WhyReply(string Device, string Path, string Container, bool Given, string Verdict, ImmutableArray<FilterCheck> Checks);

/// <summary>One filter, and what came of it.</summary>
/// <param name="Filter">The filter.</param>
/// <param name="Matches">Whether it means the device.</param>
/// <param name="Reason">The first condition that the device does not meet; or what the device hangs from and the filter means; null: the device itself.</param>
public sealed record FilterCheck(string Filter, bool Matches, string? Reason);
