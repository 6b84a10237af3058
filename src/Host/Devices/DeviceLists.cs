using ContainerManager.Linux;

namespace ContainerManager.Host.Devices;

/// <summary>
/// cgroup v1: each cgroup has a list of what is allowed (kernel, admin-guide/cgroup-v1/devices). What is missing is added from the outermost cgroup that
/// is restricted inwards, since a parent must allow it too, and in the cgroups beneath that the container has made itself.
/// </summary>
/// <param name="levels">The cgroup of the container's first process, and all above it.</param>
/// <param name="record">What an earlier server has granted: it is ours to take back.</param>
internal sealed class DeviceLists(string[] levels, GrantRecord record) : IDeviceCgroup
{
    private const string Everything = "a *:* rwm";

    /// <summary>errno(3): of a file of a cgroup that went while it was open.</summary>
    private const int ENODEV = 19;

    private readonly HashSet<DeviceNumber> _granted = [.. record.Devices];

    /// <inheritdoc/>
    public IReadOnlySet<DeviceNumber> Set(IReadOnlyCollection<DeviceNumber> grants)
    {
        string[] restricted = [.. Restricted(levels).Reverse()];
        if (restricted.Length == 0)
        {
            return new HashSet<DeviceNumber>();
        }

        foreach (DeviceNumber device in _granted.Except(grants).ToList())
        {
            // Denied above, it is denied beneath.
            Write(restricted[0], "devices.deny", device);
            _granted.Remove(device);
        }

        foreach (DeviceNumber device in grants)
        {
            string[] denying = [.. restricted.Where(level => !Allows(ListOf(level), device))];
            string[] beneath = [.. Beneath(restricted[^1]).Where(level => WhileThere(() => !Allows(ListOf(level), device)))];
            if (denying.Length + beneath.Length > 0 && !_granted.Contains(device))
            {
                record.Write(record.Devices.Append(device));
                _granted.Add(device);
            }

            Array.ForEach(denying, level => Write(level, "devices.allow", device));
            Array.ForEach(beneath, level => WhileThere(() => Write(level, "devices.allow", device)));
        }

        record.Write(_granted);
        return _granted;
    }

    /// <inheritdoc/>
    public string? Watched => levels[0];

    /// <inheritdoc/>
    public bool IsUntouched() => _granted.Count == 0 || !Directory.Exists(levels[0]) || _granted.All(device => Allows(ListOf(levels[0]), device));

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>Where a grant begins: the outermost cgroup that does not allow everything, or else that of the container.</summary>
    internal static string Outermost(string[] levels) => Restricted(levels).LastOrDefault(levels[0]);

    private static IEnumerable<string> Restricted(string[] levels) => levels.TakeWhile(level => !ListOf(level).Contains(Everything));

    private static IEnumerable<string> Beneath(string level) => Directory.EnumerateDirectories(level, "*", SearchOption.AllDirectories);

    /// <summary>Those beneath are the container's own, and come and go as it likes. False: it is gone.</summary>
    private static bool WhileThere(Func<bool> ask)
    {
        try
        {
            return ask();
        }
        catch (IOException gone) when (gone is DirectoryNotFoundException or FileNotFoundException || gone.HResult == ENODEV)
        {
            return false;
        }
    }

    private static void WhileThere(Action act) => WhileThere(() =>
    {
        act();
        return true;
    });

    private static string[] ListOf(string level) => File.ReadAllLines(level + "/devices.list");

    /// <summary>Lines such as <c>c 1:3 rwm</c>, in which numbers may be <c>*</c>.</summary>
    private static bool Allows(string[] list, DeviceNumber device)
    {
        string exactly = device.ToString(), ofMajor = $"{exactly[..exactly.IndexOf(':')]}:*", all = $"{exactly[0]} *:*";
        return Array.Exists(list, line => line == Everything ||
            ((line.StartsWith(exactly + " ", StringComparison.Ordinal) || line.StartsWith(ofMajor + " ", StringComparison.Ordinal) ||
                line.StartsWith(all + " ", StringComparison.Ordinal)) && line.AsSpan(line.LastIndexOf(' ')) is { } access && access.Contains('r') && access.Contains('w')));
    }

    private static void Write(string level, string file, DeviceNumber device)
    {
        try
        {
            File.WriteAllText($"{level}/{file}", $"{device} rwm");
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException($"{level}/{file}: the kernel refuses {device} (a cgroup above does not allow it): {refused.Message}", refused);
        }
    }
}
