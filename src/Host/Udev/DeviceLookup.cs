using System.Globalization;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Linux;

namespace ContainerManager.Host.Udev;

/// <summary>Finds a device by what a person calls it: the path of its node or of a link to it, its path in sysfs, or the bare name of its node.</summary>
internal static class DeviceLookup
{
    /// <summary>Null: there is none.</summary>
    internal static Device? Find(string text)
    {
        string? path = text switch
        {
            ['/', 's', 'y', 's', '/', ..] => Resolved(text),
            _ when text.StartsWith("/devices/", StringComparison.Ordinal) => text,
            ['/', ..] => OfNode(text),
            _ => OfNode("/dev/" + text),
        };
        return path is null || path.Contains("/../", StringComparison.Ordinal) ? null : new DeviceReader("/sys", "/run/udev/data").OfPath(path.TrimEnd('/'));
    }

    private static string? OfNode(string path)
    {
        string real = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        return FileStatus.OfPath(real)?.Identity is { IsDevice: true } node
            ? Resolved(string.Create(CultureInfo.InvariantCulture, $"/sys/dev/{(node.Kind == FileKind.BlockDevice ? "block" : "char")}/{node.Node.Major}:{node.Node.Minor}"))
            : null;
    }

    private static string? Resolved(string path)
    {
        string real = Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        return real.StartsWith("/sys/devices/", StringComparison.Ordinal) ? real["/sys".Length..] : null;
    }
}
