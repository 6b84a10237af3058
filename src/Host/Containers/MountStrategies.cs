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
    private volatile IReadOnlyList<(string Name, IMountStrategy Strategy)> _all = [Named(new NamespaceMount()), Named(new PropagationMount())];

    internal IEnumerable<string> Names => _all.Select(strategy => strategy.Name);

    /// <param name="name">What its plugin called it when it was loaded.</param>
    /// <param name="strategy">What to ask.</param>
    internal void Add(string name, IMountStrategy strategy)
    {
        lock (_lock)
        {
            _all = [.. _all, (name, strategy)];
        }
    }

    internal void Remove(IMountStrategy strategy)
    {
        lock (_lock)
        {
            _all = [.. _all.Where(other => !ReferenceEquals(other.Strategy, strategy))];
        }
    }

    /// <summary>The strategy for a container.</summary>
    /// <param name="container">Where it is to mount.</param>
    /// <param name="name">What the configuration asks for; null: the first that can.</param>
    /// <exception cref="MountRefusedException">There is none of that name, or it cannot serve the container.</exception>
    internal IMountStrategy For(ContainerEntry container, string? name)
    {
        IReadOnlyList<(string Name, IMountStrategy Strategy)> all = _all;
        (string Name, IMountStrategy Strategy)[] named = [.. all.Where(strategy => name is null || strategy.Name == name)];
        if (named.Length == 0)
        {
            throw new MountRefusedException(
                $"no strategy called {name} is loaded; there are: {string.Join(", ", all.Select(strategy => strategy.Name))}");
        }

        return Array.Find(named, strategy => strategy.Strategy.ReasonAgainst(container) is null).Strategy
            ?? throw new MountRefusedException(string.Join("; ", named.Select(strategy => $"{strategy.Name}: {strategy.Strategy.ReasonAgainst(container)}")));
    }

    private static (string, IMountStrategy) Named(IMountStrategy ours) => (ours.Name, ours);
}
