using System.Text;

namespace ContainerManager.Host.Udev;

/// <summary>The messages that the kernel sends (lib/kobject_uevent.c): <c>ACTION@DEVPATH</c> and the properties, each ended by a zero byte.</summary>
internal static class KernelFormat
{
    /// <summary>Reads a message, whatever it is; null, and why, when it is none.</summary>
    internal static UeventMessage? Read(ReadOnlySpan<byte> bytes, out string? fault)
    {
        int end = bytes.IndexOf((byte)0);
        if (end < 0 || bytes[..end].IndexOf("@/"u8) <= 0)
        {
            fault = "no message of the kernel";
            return null;
        }

        if (PropertyText.Read(bytes[(end + 1)..]) is not { } properties)
        {
            fault = "its properties are malformed";
            return null;
        }

        return UeventMessage.Of(properties, out fault);
    }

    /// <summary>Writes a message.</summary>
    internal static byte[] Write(string action, string path, ReadOnlySpan<KeyValuePair<string, string>> properties)
    {
        string heading = $"{action}@{path}\0";
        int length = Encoding.UTF8.GetByteCount(heading);
        byte[] message = new byte[length + PropertyText.LengthOf(properties)];
        Encoding.UTF8.GetBytes(heading, message);
        PropertyText.Write(properties, message.AsSpan(length));
        return message;
    }
}
