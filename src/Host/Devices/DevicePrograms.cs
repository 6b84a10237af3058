using ContainerManager.Host.Mounting;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Devices;

/// <summary>
/// cgroup v2: every program on the way from the root to a process must allow. Those that the runtime has attached, nearest to the container's first
/// process, are replaced by ones that grant first and then ask the runtime's own. A program further up belongs to others, too, and stays.
/// </summary>
internal sealed class DevicePrograms : IDeviceCgroup
{
    private readonly string[] _levels;
    private readonly GrantRecord _record;
    private readonly Dictionary<string, SafeFileHandle> _own = [];
    private uint[] _attached = [];
    private string? _level;

    /// <param name="levels">The cgroup of the container's first process, and all above it.</param>
    /// <param name="record">That something was granted; what, the program itself says.</param>
    internal DevicePrograms(string[] levels, GrantRecord record) => (_levels, _record) = (levels, record);

    /// <inheritdoc/>
    public IReadOnlySet<DeviceNumber> Set(IReadOnlyCollection<DeviceNumber> grants)
    {
        HashSet<DeviceNumber> needed = [];
        (_level, _attached) = (null, []);
        foreach (string level in _levels)
        {
            using SafeFileHandle cgroup = OwnDirectory.OpenToRead(level);
            uint[] ids = DeviceProgram.Attached(cgroup, out uint flags);
            if (ids.Length == 0)
            {
                continue;
            }

            if (_level is null)
            {
                _level = level;
                Array.ForEach(ids, id => needed.UnionWith(Grant(cgroup, id, flags, grants)));
                _attached = DeviceProgram.Attached(cgroup, out _);
            }
            else
            {
                Array.ForEach(ids, id => RequireThat(level, id, grants));
            }
        }

        _record.Write(needed);
        return needed;
    }

    /// <inheritdoc/>
    public string? Watched => null;

    /// <inheritdoc/>
    public bool IsUntouched()
    {
        if (_level is null || !Directory.Exists(_level))
        {
            return true;
        }

        using SafeFileHandle cgroup = OwnDirectory.OpenToRead(_level);
        return DeviceProgram.Attached(cgroup, out _).AsSpan().SequenceEqual(_attached);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFileHandle program in _own.Values)
        {
            program.Dispose();
        }

        _own.Clear();
    }

    /// <returns>Those that the runtime's own program denies, or may deny.</returns>
    private HashSet<DeviceNumber> Grant(SafeFileHandle cgroup, uint id, uint flags, IReadOnlyCollection<DeviceNumber> grants)
    {
        SafeFileHandle attached = DeviceProgram.Open(id);
        bool keep = false;
        try
        {
            ulong[] code = DeviceProgram.InstructionsOf(attached);
            ulong[] own = GrantProgram.Without(code).ToArray();
            HashSet<DeviceNumber> denied = [.. grants.Where(device => ProgramCheck.Allows(own, device) != true)];
            ulong[] wanted = GrantProgram.With(own, [.. denied.Order(Comparer<DeviceNumber>.Create(Compare))]);
            if (!wanted.AsSpan().SequenceEqual(code))
            {
                _record.Write(_record.Devices.Union(denied));
                using SafeFileHandle? loaded = denied.Count == 0 && OriginalOf(own) is { } original ? null : DeviceProgram.Load(wanted);
                DeviceProgram.Replace(cgroup, loaded ?? OriginalOf(own)!, attached, flags);
            }

            keep = own.Length == code.Length && denied.Count > 0 && _own.TryAdd(KeyOf(own), attached);
            return denied;
        }
        finally
        {
            if (!keep)
            {
                attached.Dispose();
            }
        }
    }

    /// <summary>The runtime's own program itself, should we have taken it from its place.</summary>
    private SafeFileHandle? OriginalOf(ulong[] code) => _own.GetValueOrDefault(KeyOf(code));

    private static string KeyOf(ulong[] code) => Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(code.AsSpan()));

    private static void RequireThat(string level, uint id, IReadOnlyCollection<DeviceNumber> grants)
    {
        using SafeFileHandle program = DeviceProgram.Open(id);
        ulong[] code = DeviceProgram.InstructionsOf(program);
        foreach (DeviceNumber device in grants)
        {
            if (ProgramCheck.Allows(code, device) == false)
            {
                throw new MountRefusedException($"the cgroup {level} above the container denies device {device}: allow it there (DeviceAllow= of its unit)");
            }
        }
    }

    private static int Compare(DeviceNumber left, DeviceNumber right) =>
        (left.IsBlock, left.Major, left.Minor).CompareTo((right.IsBlock, right.Major, right.Minor));
}
