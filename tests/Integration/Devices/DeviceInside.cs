using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Scenarios;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>What a container has of a device that a rule means: its node, its record, its tag and its link; all when it is plugged in, or else none.</summary>
internal static class DeviceInside
{
    /// <summary>Where a container has what udevd knows of its devices.</summary>
    internal const string Database = "/run/udev";

    /// <param name="device">The device.</param>
    /// <param name="reply">What the server says.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="inside">From a path in it to one on the host.</param>
    internal static IEnumerable<string> WhatIsWrong(VirtualConsole device, StatusReply reply, string container, Func<string, string> inside)
    {
        bool plugged = File.Exists(device.Node);
        string? state = ServerUnderTest.Find(reply, container, device.Node)?.State;
        if (state != (plugged ? "attached" : null))
        {
            yield return $"{device.Node} is {state ?? "not known"} in {container}";
        }

        if (FileStatus.OfPath(inside(device.Node))?.Identity.Node != (plugged ? FileStatus.OfPath(device.Node)?.Identity.Node : null))
        {
            yield return $"{device.Node} is another in {container}";
        }

        foreach (string path in (string[])[$"{Database}/data/c{device.Number}", $"{Database}/tags/cm_test/c{device.Number}", $"/dev/cm-test/by-id/{device.Name}"])
        {
            if (Path.Exists(inside(path)) != plugged)
            {
                yield return $"{path} is {(plugged ? "missing" : "left")} in {container}";
            }
        }
    }
}
