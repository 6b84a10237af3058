using System.Diagnostics;
using System.Globalization;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>
/// A real character device that comes and goes without hardware: who opens an unused virtual terminal makes the kernel add /dev/vcsN, vcsaN and
/// vcsuN; they go when the terminal is given up (VT_DISALLOCATE, ioctl_console(2)).
/// </summary>
internal sealed class VirtualConsole(int number) : IAsyncDisposable
{
    /// <summary>
    /// A terminal that was closed stays in use until a work queue of the kernel has let go of it (release_one_tty in drivers/tty/tty_io.c); nothing tells when.
    /// </summary>
    private static readonly TimeSpan s_letsGoWithin = TimeSpan.FromSeconds(10);

    internal string Node { get; } = string.Create(CultureInfo.InvariantCulture, $"/dev/vcs{number}");

    internal string Sibling { get; } = string.Create(CultureInfo.InvariantCulture, $"/dev/vcsa{number}");

    internal string DevPath { get; } = string.Create(CultureInfo.InvariantCulture, $"/devices/virtual/vc/vcs{number}");

    internal string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"vcs{number}");

    internal string Number { get; } = string.Create(CultureInfo.InvariantCulture, $"7:{number}");

    internal void Plug() => File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/dev/tty{number}"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();

    internal void Unplug() => UnplugAsync().GetAwaiter().GetResult();

    internal async Task UnplugAsync()
    {
        long begun = Stopwatch.GetTimestamp();
        CommandResult given;
        do
        {
            given = await Command.RunAsync("busybox", ["deallocvt", number.ToString(CultureInfo.InvariantCulture)]);
        }
        while (given.Error.Contains("Device or resource busy", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(begun) < s_letsGoWithin);
        Assert.True(given.ExitCode == 0, $"{given.Error}open in: {string.Join(", ", Holders())}");
    }

    private IEnumerable<string> Holders() =>
        from process in ProcessFacts.All
        where Descriptors(process).Any(file => file == string.Create(CultureInfo.InvariantCulture, $"/dev/tty{number}"))
        select string.Create(CultureInfo.InvariantCulture, $"{process} {ProcessFacts.Read(process, "cmdline").Replace('\0', ' ')}");

    private static IEnumerable<string> Descriptors(int process)
    {
        try
        {
            return [.. new DirectoryInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd")).EnumerateFileSystemInfos().Select(descriptor => descriptor.LinkTarget ?? "")];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Node))
        {
            await UnplugAsync();
        }
    }
}
