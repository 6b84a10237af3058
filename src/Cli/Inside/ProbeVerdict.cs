using System.Runtime.InteropServices;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Inside;

/// <summary>Puts what the kernel said of a path inside into words: what a program gets, why, and what to do.</summary>
internal static class ProbeVerdict
{
    private const int EPERM = 1, ENOENT = 2, ENXIO = 6, EACCES = 13, EBUSY = 16, ENODEV = 19, EROFS = 30, ECONNREFUSED = 111, ENOMEDIUM = 123;
    private const string HiddenRemedy = "the container has mounted something over it: name another target";
    private const int Directory = 0x4000, Socket = 0xC000, Character = 0x2000, Block = 0x6000;

    /// <summary>Of a binding.</summary>
    /// <param name="binding">The binding.</param>
    /// <param name="probe">What the client found; null: it does not answer.</param>
    /// <param name="permission">What the server says of the device's permission, where there is something wrong; else null.</param>
    internal static CheckResult Of(BindingStatus binding, ProbeResult? probe, string? permission)
    {
        if (binding.State != "attached")
        {
            return new CheckResult(binding.Target, "missing", binding.State, binding.Reason ?? "it is on its way", null);
        }

        if (probe is null)
        {
            return new CheckResult(binding.Target, "failed", "hangs", "it does not answer", $"look whether {binding.Source} answers on the host");
        }

        if (binding.MountId is { } ours && probe.MountId != 0 && probe.MountId != ours)
        {
            return new CheckResult(binding.Target, "failed", "hidden", "a program sees something else", HiddenRemedy);
        }

        if (probe.ReadError != 0)
        {
            (string cause, string words, string? remedy) = Cause(binding, probe, probe.ReadError, permission);
            return new CheckResult(binding.Target, "failed", cause, words, remedy);
        }

        if (probe.WriteError == 0 || (binding.ReadOnly && probe.WriteError == EROFS))
        {
            return new CheckResult(binding.Target, "ok", null, Works(probe), null);
        }

        (string why, string text, string? advice) = Cause(binding, probe, probe.WriteError, permission);
        return new CheckResult(binding.Target, "read-only", why, $"it can be read, not written: {text}", advice);
    }

    private static string Works(ProbeResult probe) => probe.Kind switch
    {
        Socket => "connects",
        Directory when probe.WriteError == 0 => "can be read and written",
        Directory => "can be read",
        _ when probe.WriteError == 0 => "opens",
        _ => "opens to read",
    };

    private static (string Cause, string Words, string? Remedy) Cause(BindingStatus binding, ProbeResult probe, int errno, string? permission) => errno switch
    {
        ENOENT => ("hidden", "a program does not see it", HiddenRemedy),
        EPERM when IsDevice(probe) => (
            "cgroup", "the container's device policy denies it", permission ?? "see 'container-util devices': the permission is given with a device rule, not by the mount alone"),
        EACCES when probe.Kind == 0 => ("way", $"user {probe.User} may not pass a directory on the way to it", "open the directories above it to that user, or name another target"),
        EACCES when !AllowedByMode(probe, errno == probe.WriteError && probe.ReadError == 0) => (
            "mode",
            $"it is {ModeText(probe)} {probe.Owner}:{probe.Group}, and who tried is {probe.User} with the groups {string.Join(", ", probe.Groups.Distinct())}",
            "set \"owner\" or \"mode\" in the rule, or give the user that group"),
        EACCES when IsDevice(probe) => ("nodev", "its mode allows it: the file system is mounted nodev, or a security module denies it", "look into the host's log for denials (journalctl -k)"),
        EACCES => ("lsm", "its mode allows it: a security module denies it", "look into the host's log for denials (journalctl -k)"),
        EROFS => ("read-only", "it is mounted read-only", binding.ReadOnly ? null : $"{binding.Source} is on a file system that is read-only on the host"),
        ECONNREFUSED => ("stale", "nobody listens on the socket", $"start again on the host what has made {binding.Source}"),
        ENXIO or ENODEV => ("stale", "there is no device behind the node", "it was unplugged, or its driver is not loaded on the host"),
        ENOMEDIUM => ("empty", "there is no medium in the drive", null),
        EBUSY => ("busy", "another program has it, for itself alone", null),
        _ => ("other", Marshal.GetPInvokeErrorMessage(errno), null),
    };

    private static bool IsDevice(ProbeResult probe) => probe.Kind is Character or Block;

    /// <summary>As the kernel does it (path_resolution(7)); root is not bound by it.</summary>
    private static bool AllowedByMode(ProbeResult probe, bool write)
    {
        int wanted = write || probe.Kind == Socket ? 2 : 4;
        int shift = probe.User == probe.Owner ? 6 : probe.Groups.Contains(probe.Group) ? 3 : 0;
        return probe.User == 0 || (probe.Mode >> shift & wanted) != 0;
    }

    private static string ModeText(ProbeResult probe) => Convert.ToString(probe.Mode, 8).PadLeft(4, '0');
}
