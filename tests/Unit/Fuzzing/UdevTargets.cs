using ContainerManager.Host.Udev;

namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>What comes over netlink, and the files of udev's database.</summary>
internal static class UdevTargets
{
    private static readonly string[] s_words =
    [
        "ACTION=", "DEVPATH=/", "SUBSYSTEM=", "SEQNUM=", "DEVNAME=", "DEVTYPE=", "MAJOR=", "MINOR=", "TAGS=:", "DEVLINKS=/dev/", "\0", "=", "/../", "/..", "@/", "libudev\0", "ü",
        "ACTION=remove\0", "SUBSYSTEM=..\0", "DEVPATH=/a/..\0", "SEQNUM=18446744073709551615\0",
    ];

    internal static readonly FuzzTarget Libudev = new("libudev", input => Holds(
        LibudevFormat.Read(input.Span, out string? fault),
        fault,
        message => LibudevFormat.Read(LibudevFormat.Write(message.Properties.AsSpan(), message.Subsystem, message["DEVTYPE"], []), out _)), s_words);

    internal static readonly FuzzTarget Kernel = new("kernel-uevent", input => Holds(
        KernelFormat.Read(input.Span, out string? fault),
        fault,
        message => KernelFormat.Read(KernelFormat.Write(message.Action, message.DevPath, message.Properties.AsSpan()), out _)), s_words);

    internal static readonly FuzzTarget Database = new("udev-database", input =>
    {
        DatabaseRecord record = DatabaseRecord.Read(input.Span);
        int lines = record.Links.Length + record.Properties.Length + record.Tags.Length + record.CurrentTags.Length;
        Assert.InRange(lines, 0, input.Span.Count((byte)'\n') + 1);
        foreach (string text in (string[])[.. record.Links, .. record.Tags, .. record.CurrentTags, record.Initialised ?? "x"])
        {
            Assert.NotEmpty(text);
            Assert.False(text.Contains('\n'));
        }

        foreach ((string name, string value) in record.Properties)
        {
            Assert.NotEmpty(name);
            Assert.False(name.Contains('=') || name.Contains('\n') || value.Contains('\n'));
        }

        return lines > 0;
    }, "S:input/by-id/", "L:", "I:", "E:", "G:", "Q:", "V:1\n", "\n", "=", "E:=", "E:ID_INPUT=1\n", "S:../../etc/passwd\n", "L:99999999999\n", "\r\n");

    private static bool Holds(UeventMessage? message, string? fault, Func<UeventMessage, UeventMessage?> again)
    {
        Assert.True(message is null != fault is null);
        if (message is null)
        {
            return false;
        }

        Assert.NotEqual(0ul, message.Sequence);
        Assert.NotEmpty(message.Action);
        Assert.StartsWith("/", message.DevPath, StringComparison.Ordinal);
        // Files of sysfs are opened by these two.
        Assert.DoesNotContain("..", message.DevPath.Split('/'));
        Assert.DoesNotContain('/', message.Subsystem);
        Assert.False(message.Subsystem is "" or "." or "..");
        foreach ((string name, string value) in message.Properties)
        {
            Assert.NotEmpty(name);
            Assert.False(name.Contains('=') || name.Contains('\0') || value.Contains('\0'));
        }

        // What we pass on is what we were told.
        UeventMessage? read = again(message);
        Assert.NotNull(read);
        Assert.True(message.Properties.AsSpan().SequenceEqual(read.Properties.AsSpan()));
        return true;
    }
}
