using System.Security.Cryptography;
using System.Text;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Devices;

/// <summary>Where is kept, for each container, what its devices need. Used by all lanes at once.</summary>
/// <param name="root">In the state directory.</param>
internal sealed class DeviceDirectories(string root)
{
    /// <summary>A directory for one container; it need not exist.</summary>
    internal string Of(ContainerId container) => Path.Combine(root, $"{container.Runtime}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(container.Value)).AsSpan(0, 10))}");

    /// <summary>The container is gone for good.</summary>
    internal void Remove(ContainerId container)
    {
        string directory = Of(container);
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
