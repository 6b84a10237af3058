using System.Collections.Immutable;
using ContainerManager.Host.Clients;
using ContainerManager.Protocol;

namespace ContainerManager.Host;

/// <summary>A run that is about to begin, and what its container brings to it.</summary>
/// <param name="Channel">The run.</param>
/// <param name="User">As whom the container runs its programs; null: root.</param>
/// <param name="Environment">What the configuration says of the container's environment, each <c>NAME=value</c>.</param>
internal sealed record OpenedRun(RunChannel Channel, string? User, ImmutableArray<string> Environment)
{
    /// <summary>What is asked for, completed by the container's user and environment; what was asked for is heard first.</summary>
    internal RunRequest Complete(RunRequest request) => request with
    {
        User = request.User ?? User,
        Environment = [.. Environment.Concat(request.Environment).Reverse().DistinctBy(variable => variable.Split('=')[0]).Reverse()],
    };
}
