using ContainerManager.Abstractions;
using ContainerManager.Host.Mounting;

namespace ContainerManager.Host.Containers;

/// <summary>
/// The ways to mount that there are at the moment, the preferred first. Who mounts asks for each step anew: one that a plugin has brought
/// goes with the plugin.
/// </summary>
internal sealed class MountStrategies
{
    private readonly Lock _lock = new();
    private volatile IReadOnlyList<IMountStrategy> _all = [new NamespaceMount()];

    internal IEnumerable<string> Names => _all.Select(strategy => strategy.Name);

    internal void Add(IMountStrategy strategy)
    {
        lock (_lock)
        {
            _all = [.. _all, strategy];
        }
    }

    internal void Remove(IMountStrategy strategy)
    {
        lock (_lock)
        {
            _all = [.. _all.Where(other => !ReferenceEquals(other, strategy))];
        }
    }

    /// <summary>The strategy for a container.</summary>
    /// <param name="container">Where it is to mount.</param>
    /// <param name="name">What the configuration asks for; null: the first that can.</param>
    /// <exception cref="MountRefusedException">There is none of that name, or it cannot serve the container.</exception>
    internal IMountStrategy For(ContainerEntry container, string? name)
    {
        IReadOnlyList<IMountStrategy> all = _all;
        IMountStrategy[] named = [.. all.Where(strategy => name is null || strategy.Name == name)];
        if (named.Length == 0)
        {
            throw new MountRefusedException(
                $"no strategy called {name} is loaded; there are: {string.Join(", ", all.Select(strategy => strategy.Name))}");
        }

        return Array.Find(named, strategy => strategy.ReasonAgainst(container) is null)
            ?? throw new MountRefusedException(string.Join("; ", named.Select(strategy => $"{strategy.Name}: {strategy.ReasonAgainst(container)}")));
    }
}
