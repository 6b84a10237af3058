namespace ContainerManager.Host.State;

/// <summary>The bindings that may need something since the planner was asked last.</summary>
internal sealed class DirtyBindings
{
    private readonly List<(ContainerState Container, BindingState Binding)> _dirty = [];

    /// <summary>Changes a binding and marks it, and those that lie on it or it on them, before or after the change.</summary>
    internal void Change(ContainerState container, BindingState binding, Action<BindingState> change)
    {
        MarkAround(container, binding);
        container.Update(binding, change);
        MarkAround(container, binding);
    }

    internal void MarkAll(ContainerState container) => _dirty.AddRange(container.Bindings.Select(binding => (container, binding)));

    internal void Forget(ContainerState container) => _dirty.RemoveAll(dirty => ReferenceEquals(dirty.Container, container));

    /// <summary>Asks the planner for each of them, the outer ones first.</summary>
    internal void Plan(Plan plan, bool draining)
    {
        if (_dirty.Count > 1 && _dirty.Exists(dirty => dirty.Container.Directories > 0))
        {
            _dirty.Sort((left, right) => string.CompareOrdinal(left.Binding.Target, right.Binding.Target));
        }

        foreach ((ContainerState container, BindingState binding) in _dirty)
        {
            if (binding.Failure is { } failure && failure.Desired != (draining ? null : binding.Desired))
            {
                binding.Failure = null;
            }

            foreach (Step.OnTarget step in Planner.Next(container, binding, draining))
            {
                container.Update(container.At(step.Target), b => b.InFlight = step);
                plan.Steps.Add(new PlannedStep(container.Description.Id, container.Run, step, container.Strategy));
            }

            container.DropIfEmpty(binding);
        }

        _dirty.Clear();
    }

    private void MarkAround(ContainerState container, BindingState binding)
    {
        _dirty.Add((container, binding));
        if (container.Directories == 0)
        {
            return;
        }

        _dirty.AddRange(container.Above(binding).Concat(container.Beneath(binding)).Select(other => (container, other)));
    }
}
