using ContainerManager.Abstractions;
using ContainerManager.Host.Mounting;
using ContainerManager.Linux;

namespace ContainerManager.Host.Containers;

/// <summary>How one container is mounted in: as its configuration asks, or else in the first way that the kernel lets us. For one thread at a time.</summary>
internal sealed class StrategyChoice(MountStrategies strategies)
{
    /// <summary>The kernel does not let us into its mount namespace.</summary>
    private bool _locked;

    /// <summary>The name that the configuration asks for; null: none.</summary>
    internal string? Asked { get; set; }

    /// <exception cref="MountRefusedException">There is no strategy for the container.</exception>
    /// <exception cref="KernelException">The kernel refused what the strategy describes.</exception>
    internal T Do<T>(ContainerEntry container, Func<IMountStrategy, T> work)
    {
        try
        {
            return work(strategies.For(container, Asked ?? (_locked ? PropagationMount.StrategyName : null)));
        }
        catch (KernelException refused) when (Asked is null && !_locked && FailureAdvice.IsEntryRefused(refused))
        {
            // From now on by somebody inside.
            _locked = true;
            return Do(container, work);
        }
    }
}
