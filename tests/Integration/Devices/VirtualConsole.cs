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
    internal string Node { get; } = string.Create(CultureInfo.InvariantCulture, $"/dev/vcs{number}");

    internal string Sibling { get; } = string.Create(CultureInfo.InvariantCulture, $"/dev/vcsa{number}");

    internal string DevPath { get; } = string.Create(CultureInfo.InvariantCulture, $"/devices/virtual/vc/vcs{number}");

    internal string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"vcs{number}");

    internal string Number { get; } = string.Create(CultureInfo.InvariantCulture, $"7:{number}");

    internal void Plug() => File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/dev/tty{number}"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();

    internal void Unplug()
    {
        using Process process = Process.Start("busybox", ["deallocvt", number.ToString(CultureInfo.InvariantCulture)]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    internal async Task UnplugAsync()
    {
        CommandResult given = await Command.RunAsync("busybox", ["deallocvt", number.ToString(CultureInfo.InvariantCulture)]);
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
