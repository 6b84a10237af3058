using ContainerManager.Linux;

namespace ContainerManager.Host.Devices;

/// <summary>What decides which devices the processes of one container may use. For one thread at a time.</summary>
internal interface IDeviceCgroup : IDisposable
{
    /// <summary>
    /// Sees to it that exactly these devices are allowed beyond what the runtime allows, and nothing else of its policy changes. The same twice does
    /// no harm: what has been undone meanwhile is done again.
    /// </summary>
    /// <returns>Those that needed it: nothing else allows them.</returns>
    /// <exception cref="IOException">It cannot be had, and why.</exception>
    IReadOnlySet<DeviceNumber> Set(IReadOnlyCollection<DeviceNumber> grants);

    /// <summary>A directory with <c>devices.allow</c> and <c>devices.deny</c>, where it shows when others change what was set; null: it shows elsewhere.</summary>
    string? Watched { get; }

    /// <summary>False: something has changed since, so that it must be set again. Cheap.</summary>
    bool IsUntouched();
}
