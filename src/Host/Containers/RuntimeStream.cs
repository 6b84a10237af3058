using System.Collections.Frozen;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Containers;

/// <summary>One stream of a runtime while it is read: what each word of it means.</summary>
/// <param name="running">What is known to run.</param>
/// <param name="openings">Opens what starts.</param>
/// <param name="health">Says how it does.</param>
/// <param name="onFailure">Told of the runtime's troubles.</param>
internal sealed class RuntimeStream(RunningContainers running, ContainerOpenings openings, DiscoveryHealth health, Action<string> onFailure)
{
    private readonly HashSet<ContainerId> _listed = [];

    /// <summary>Called while nobody else changes what runs (<see cref="RunningContainers.Take"/>).</summary>
    /// <exception cref="InvalidOperationException">There is no such event.</exception>
    internal void TakeIn(RuntimeEvent e)
    {
        switch (e)
        {
            case RuntimeEvent.Started started:
                Started(started.Container);
                break;
            case RuntimeEvent.Stopped stopped:
                openings.Cancel(stopped.Id);
                running.Stopped(stopped.Id);
                break;
            case RuntimeEvent.Removed removed:
                openings.Cancel(removed.Id);
                running.Removed(removed.Id);
                break;
            case RuntimeEvent.ListComplete:
                running.Keep(_listed);
                health.Listening();
                break;
            case RuntimeEvent.Trouble trouble:
                Troubled(trouble);
                break;
            default:
                throw new InvalidOperationException($"unknown event {e.GetType().Name}");
        }
    }

    private void Started(ContainerDescription container)
    {
        _listed.Add(container.Id);
        if (running.IsOpen(container))
        {
            // Something else that was said of it in between does not hold any more.
            openings.Cancel(container.Id);
            return;
        }

        // Holds no object of the plugin: it may be unloaded while its containers run.
        openings.Begin(container with { Labels = container.Labels.ToFrozenDictionary() });
    }

    private void Troubled(RuntimeEvent.Trouble trouble)
    {
        if (trouble is { Reason: { } reason, Absent: false })
        {
            onFailure($"{trouble.Source}: {reason}");
        }

        health.Listening(trouble);
    }
}
