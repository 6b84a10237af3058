using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Linux;

namespace ContainerManager.Host.State;

/// <summary>What a container has of devices when the server begins with it.</summary>
/// <param name="Given">Those that an earlier server has told it of.</param>
/// <param name="Database">The directory that is to be its <c>/run/udev</c>; null: none.</param>
internal sealed record GivenDevices(ImmutableArray<KnownDevice> Given, DatabaseSource? Database)
{
    internal static GivenDevices None { get; } = new([], null);
}

/// <summary>A device that a container was told of.</summary>
/// <param name="Device">As it was then.</param>
/// <param name="Admission">What the container got of it; null: an earlier version of the server has not said.</param>
internal sealed record KnownDevice(Device Device, DeviceAdmission? Admission);

/// <summary>A directory of the host's.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Identity">Which it is.</param>
internal sealed record DatabaseSource(string Path, FileIdentity Identity);
