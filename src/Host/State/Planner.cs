using ContainerManager.Linux;

namespace ContainerManager.Host.State;

/// <summary>
/// Compares what is wanted with what is there, for one binding, and says what to do next. Pure: reads the state it is given, changes nothing.
/// The same for start-up, recovery, reload and every event.
/// </summary>
internal static class Planner
{
    /// <summary>The steps that can be taken now, in order. None: all is well, or something else has to end first.</summary>
    internal static IEnumerable<Step.OnTarget> Next(ContainerState container, BindingState binding, bool draining)
    {
        if (!container.Ready || binding.InFlight is not null || Wanted(container, binding, draining) is not { } step)
        {
            return [];
        }

        if (container.Directories == 0)
        {
            return [step];
        }

        // What lies on a mount goes before it is touched, and comes back after: it would vanish with it.
        if (container.Above(binding).Any(above => above.InFlight is not null ||
            (step is not Step.Detach && Wanted(container, above, draining) is not null)))
        {
            return [];
        }

        List<BindingState> beneath = [.. container.Beneath(binding).Where(other => other.InFlight is not null || Detachable(other))];
        return beneath.Count == 0 ? [step] : Clear(beneath);
    }

    /// <summary>Takes away what can be taken away now, the innermost first.</summary>
    private static IEnumerable<Step.OnTarget> Clear(List<BindingState> bindings) => bindings
        .Where(binding => binding.InFlight is null && !bindings.Exists(other => other.InFlight is not null && LiesOn(other, binding)))
        .OrderByDescending(binding => binding.Target, StringComparer.Ordinal)
        .Select(binding => new Step.Detach(binding.Actual!));

    private static bool LiesOn(BindingState inner, BindingState outer) =>
        inner.Target.Length > outer.Target.Length && inner.Target[outer.Target.Length] == '/' &&
        inner.Target.StartsWith(outer.Target, StringComparison.Ordinal);

    /// <summary>The step that the binding by itself needs, or null.</summary>
    internal static Step.OnTarget? Wanted(ContainerState container, BindingState binding, bool draining)
    {
        Desired? desired = draining ? null : binding.Desired;
        if (binding.Failure is { TryAgain: false } failure && failure.Desired == desired)
        {
            return null;
        }

        return (desired, binding.Actual) switch
        {
            (null, null) => null,
            (_, { } lost) when binding.Lost?.MountId == lost.MountId => new Step.Detach(lost),
            (null, { } actual) when !draining && container.Unscanned.Any(pattern => pattern.MayMean(actual.Source)) => null,
            (null, { } actual) => new Step.Detach(actual),
            ({ } wanted, null) => new Step.Attach(binding.Target, wanted),
            ({ } wanted, { } actual) when Shows(actual, wanted) => null,
            ({ } wanted, { } actual) when IsDirectory(wanted.Identity) != IsDirectory(actual.Identity) => new Step.Detach(actual),
            ({ } wanted, { } actual) => new Step.Replace(binding.Target, wanted, actual),
        };
    }

    private static bool Shows(Attachment actual, Desired wanted) =>
        actual.Identity == wanted.Identity && actual.Source == wanted.Source && actual.Options == wanted.Options && actual.Permission == wanted.Permission;

    private static bool IsDirectory(FileIdentity identity) => identity.Kind == FileKind.Directory;

    private static bool Detachable(BindingState binding) => binding is { Actual: not null, Failure: not { Detaching: true } };
}
