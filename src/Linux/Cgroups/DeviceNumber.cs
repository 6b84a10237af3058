using System.Globalization;

namespace ContainerManager.Linux;

/// <summary>A device, by what a device cgroup knows it by.</summary>
/// <param name="IsBlock">A block device; else a character device.</param>
/// <param name="Major">Major number.</param>
/// <param name="Minor">Minor number.</param>
public readonly record struct DeviceNumber(bool IsBlock, uint Major, uint Minor)
{
    /// <summary>As in <c>devices.allow</c>: <c>c 7:1</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsBlock ? 'b' : 'c')} {Major}:{Minor}");
}
