using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.State;

/// <summary>
/// Where the client is while it runs in a container: a mount like any other, so that it is known again after a restart and never left behind.
/// </summary>
internal static class ClientMount
{
    /// <summary>In /dev, since every container has one that can be written to, also where its root cannot.</summary>
    internal const string Target = Directory + "/client";

    /// <summary>Nothing else is to be there.</summary>
    internal const string Directory = "/dev/.container-manager";

    private const string Origin = "_client";
    private static readonly MountOptions s_options = new() { ReadOnly = true, Recursive = false };

    /// <param name="container">Null: it does not run any more.</param>
    /// <param name="client">What is to be there; null: nothing.</param>
    /// <param name="change">Changes a binding, and marks it for the planner.</param>
    internal static void Want(ContainerState? container, ClientFile? client, Action<ContainerState, BindingState, Action<BindingState>> change)
    {
        if (container is null)
        {
            return;
        }

        change(container, container.At(Target), binding =>
        {
            if (binding.Chosen is { Rule: Candidate.OfClient } before)
            {
                binding.RemoveCandidate(before.Rule, before.Source);
            }

            if (client is not null)
            {
                binding.SetCandidate(new Candidate(Candidate.OfClient, client.Path, client.Identity, s_options, Origin));
            }
        });
    }

    /// <summary>Null while it is being mounted; empty when it is there; else why it is not.</summary>
    internal static string? Outcome(HostState state, ContainerId id, int run)
    {
        if (state.Find(id) is not { } container || container.Run != run)
        {
            return "the container has ended";
        }

        return !container.TryGet(Target, out BindingState? binding) || binding.InFlight is not null ? null
            : binding.Failure is { } failure ? failure.Reason
            : binding.Actual is { } actual && binding.Chosen is { Rule: Candidate.OfClient } chosen && actual.Identity == chosen.Identity ? "" : null;
    }
}

/// <summary>The file that is run as the client.</summary>
/// <param name="Path">On the host.</param>
/// <param name="Identity">Which file it is.</param>
internal sealed record ClientFile(string Path, FileIdentity Identity);
