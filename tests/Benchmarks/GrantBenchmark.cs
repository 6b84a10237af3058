using System.Diagnostics;
using ContainerManager.Host.Devices;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>A container is permitted to use one device more, and no longer: on cgroup v1 and on v2, in a cgroup that denies it. Microseconds.</summary>
internal static class GrantBenchmark
{
    private const int Rounds = 500;
    private const int Warm = 100;
    private static readonly DeviceNumber s_full = new(false, 1, 7);

    /// <summary>Null: this machine has no cgroup v1 of devices.</summary>
    internal static Samples? Version1()
    {
        string cgroup = $"/sys/fs/cgroup/devices/cm-bench-{Environment.ProcessId}";
        if (!File.Exists("/sys/fs/cgroup/devices/devices.list"))
        {
            return null;
        }

        Directory.CreateDirectory(cgroup);
        try
        {
            File.WriteAllText(cgroup + "/devices.deny", "a");
            return Measure(record => new DeviceLists([cgroup, Path.GetDirectoryName(cgroup)!], record));
        }
        finally
        {
            Directory.Delete(cgroup);
        }
    }

    internal static Samples Version2()
    {
        using ProgrammedCgroup cgroup = new();
        return Measure(record => new DevicePrograms([cgroup.Path], record));
    }

    private static Samples Measure(Func<GrantRecord, IDeviceCgroup> open)
    {
        using TemporaryDirectory directory = new("grants");
        using IDeviceCgroup cgroup = open(new GrantRecord(directory["grants"], () => "bench"));
        Samples samples = new();
        for (int i = -Warm; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            if (cgroup.Set([s_full]).Count != 1)
            {
                throw new InvalidOperationException("the cgroup allows the device already");
            }

            if (i >= 0)
            {
                samples.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }

            cgroup.Set([]);
        }

        return samples;
    }
}
