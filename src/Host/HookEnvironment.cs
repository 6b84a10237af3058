using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.State;

namespace ContainerManager.Host;

/// <summary>What a hook is told of what happened: of a device all that udev says of it, under udev's own names, as a RUN of udev's rules gets it.</summary>
internal static class HookEnvironment
{
    private const string Prefix = "CONTAINER_MANAGER_";

    /// <summary>Each <c>NAME=value</c>.</summary>
    internal static IEnumerable<string> Of(StateChange change)
    {
        (string name, string action) = change.Kind switch
        {
            ChangeKind.Attached => ("attach", ""),
            ChangeKind.Replaced => ("replace", ""),
            ChangeKind.Detached => ("detach", ""),
            ChangeKind.DeviceAdded => ("udev", DeviceChange.Add),
            ChangeKind.DeviceRemoved => ("udev", DeviceChange.Remove),
            _ => ("udev", DeviceChange.Changed),
        };
        yield return $"{Prefix}EVENT={name}";
        yield return $"{Prefix}CONTAINER={change.Container}";
        if (change.Device is { } device)
        {
            yield return $"ACTION={action}";
            foreach ((string key, string value) in device.Properties)
            {
                yield return $"{key}={value}";
            }
        }
        else
        {
            yield return $"{Prefix}SOURCE={change.Source}";
            yield return $"{Prefix}TARGET={change.Target}";
        }
    }
}
