using ContainerManager.Host.Configuration;

namespace ContainerManager.Host.State;

/// <summary>
/// What comes of it when somebody in a container has changed a mount of ours. What the container cannot see any more is mounted again, or reported, as the
/// configuration says. What it has covered is reported only: the other mount is not ours to take away, and one more on top would be the next round.
/// </summary>
internal static class ForeignChanges
{
    /// <summary>Takes a change in. One of a mount that is another by now is passed over.</summary>
    internal static void Take(ContainerState container, ForeignChange happened, Action<ContainerState, BindingState, Action<BindingState>> change, Plan plan)
    {
        if (!container.TryGet(happened.Target, out BindingState? binding) || binding.Actual is not { } actual || actual.MountId != happened.MountId)
        {
            return;
        }

        string what = Describe(happened);
        if (happened.Kind is ForeignChangeKind.Covered or ForeignChangeKind.WellAgain)
        {
            // A replacement that it was in the way of may be possible now.
            binding.TryAgain();
            bool covered = happened.Kind is ForeignChangeKind.Covered;
            change(container, binding, b => (b.Actual, b.Lost) = (actual with { Covered = covered }, covered ? b.Lost : null));
            plan.Changes.Add(container.Changed(ChangeKind.ForeignChange, actual.Source, actual.Target, what));
            return;
        }

        bool restores = container.OnForeignChange == ForeignChangePolicy.Restore;
        plan.Changes.Add(container.Changed(ChangeKind.ForeignChange, actual.Source, actual.Target, restores ? what + "; it is mounted again" : what));
        binding.TryAgain();
        change(container, binding, b => b.Lost = new LostMount(actual.MountId, what));
    }

    /// <summary>What was left of a lost mount is taken away. Why it is not mounted again; null: it is, or was not lost.</summary>
    internal static Failure? AfterDetach(ContainerState container, BindingState binding)
    {
        if (binding.Lost is not { } lost)
        {
            return null;
        }

        binding.Lost = null;
        return container.OnForeignChange == ForeignChangePolicy.Report && binding.Desired is { } desired
            ? new Failure(desired, $"{lost.Reason}; _on_foreign_change has it left so until the source is another, or the container starts again", Detaching: false, SourceMissing: false, Times: 1, TryAgain: false)
            : null;
    }

    private static string Describe(ForeignChange happened) => happened.Kind switch
    {
        ForeignChangeKind.Unmounted => "somebody in the container has unmounted it",
        ForeignChangeKind.Moved => $"somebody in the container has moved it to {happened.Where}",
        ForeignChangeKind.Hidden => "somebody in the container has mounted something over a directory above it",
        ForeignChangeKind.Covered => Attachment.CoveredReason,
        _ => "the container sees it again",
    };
}

/// <summary>A mount of ours that the container cannot see any more at its target.</summary>
/// <param name="MountId">Which.</param>
/// <param name="Reason">What was done to it.</param>
internal sealed record LostMount(ulong MountId, string Reason);
