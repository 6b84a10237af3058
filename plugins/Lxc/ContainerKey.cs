using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Lxc;

/// <summary>Names one container: names are unique within an lxcpath only.</summary>
/// <param name="Path">Its lxcpath.</param>
/// <param name="Name">Its name, which is also that of its directory there.</param>
internal readonly record struct ContainerKey(string Path, string Name)
{
    /// <summary>Stable for as long as the container has its name, which it cannot change while it runs.</summary>
    internal ContainerId Id => new(LxcRuntime.RuntimeName, $"{Path}/{Name}");

    internal static ContainerKey Of(ContainerId id) =>
        id.Value.LastIndexOf('/') is > 0 and int slash ? new(id.Value[..slash], id.Value[(slash + 1)..])
            : throw new ArgumentException($"{id} is not the id of an LXC container", nameof(id));
}

/// <summary>What a look at a container showed.</summary>
/// <param name="Exists">It is defined: it has a configuration. Or it runs.</param>
/// <param name="Running">How it runs; null: it does not.</param>
internal readonly record struct Observation(bool Exists, ContainerDescription? Running);
