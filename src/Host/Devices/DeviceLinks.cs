using ContainerManager.Abstractions;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Mounting;
using ContainerManager.Host.Udev;

namespace ContainerManager.Host.Devices;

/// <summary>The symbolic links by which a device is known inside, such as <c>/dev/serial/by-id/…</c>. For one thread at a time.</summary>
internal sealed class DeviceLinks(ContainerEntry container, ContainerDatabase database)
{
    private readonly MountPointMaker _maker = new(container);

    /// <returns>Why one is missing; null: all are there.</returns>
    internal string? Make(Device device)
    {
        string? problem = null;
        foreach (string link in Links(device))
        {
            try
            {
                if (!_maker.MakeLink(link, Destination(link, device), database.RememberMade))
                {
                    problem = $"{link} is something else inside";
                }
            }
            catch (IOException failure)
            {
                problem = $"{link}: {failure.Message}";
            }
        }

        return problem;
    }

    /// <summary>One by which another device is known as well becomes that one's.</summary>
    internal void Remove(Device device)
    {
        foreach (string link in Links(device))
        {
            try
            {
                _maker.RemoveLink(link, Destination(link, device));
                if (database.OtherWithLink(link, device.Path) is { } other)
                {
                    _maker.MakeLink(link, Destination(link, other), database.RememberMade);
                }
            }
            catch (IOException)
            {
                // The container plays with the way to it; what stays is a link that leads nowhere.
            }
        }

        RemoveEmptyDirectories();
    }

    /// <summary>Of those that were made here for links.</summary>
    internal void RemoveEmptyDirectories() =>
        database.ForgetMade([.. database.Made.OrderByDescending(directory => directory.Length).Where(directory => _maker.Remove([directory]))]);

    private static IEnumerable<string> Links(Device device) =>
        device.Node is null ? [] : device.Links.Where(link => link.StartsWith("/dev/", StringComparison.Ordinal) && !link.Split('/').Contains(".."));

    private static string Destination(string link, Device device) => Path.GetRelativePath(Path.GetDirectoryName(link)!, device.Node!.Path);
}
