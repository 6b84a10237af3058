namespace ContainerManager.Host.DeviceRules;

/// <summary>
/// Maker, model and serial number as people know them. udev keeps them in properties of the device or of the nearest thing above it that has any
/// (udev's built-ins usb_id, hwdb, path_id; the kernel's PCI_ID and HID_ID).
/// </summary>
internal static class DeviceNaming
{
    internal static string[] Vendor(Device device) =>
        Nearest(device, above => [.. Values(above, "ID_VENDOR_ID", "ID_VENDOR", "ID_VENDOR_FROM_DATABASE"), .. Pci(above, 0)]);

    internal static string[] Product(Device device) =>
        Nearest(device, above => [.. Values(above, "ID_MODEL_ID", "ID_MODEL", "ID_MODEL_FROM_DATABASE"), .. Pci(above, 1)]);

    internal static string[] Serial(Device device) => Nearest(device, above => Values(above, "ID_SERIAL_SHORT", "ID_SERIAL"));

    private static string[] Nearest(Device device, Func<Device, string[]> names) =>
        device.Parents.Prepend(device).Select(names).FirstOrDefault(found => found.Length > 0) ?? [];

    private static string[] Values(Device device, params ReadOnlySpan<string> properties)
    {
        List<string> values = [];
        foreach (string property in properties)
        {
            if (device[property] is { Length: > 0 } value)
            {
                values.Add(value);
            }
        }

        return [.. values];
    }

    /// <summary>PCI_ID is <c>VENDOR:DEVICE</c> in hexadecimal (drivers/pci/pci-driver.c, pci_uevent).</summary>
    private static IEnumerable<string> Pci(Device device, int part) =>
        device["PCI_ID"]?.Split(':') is { Length: 2 } id ? [id[part]] : [];
}
