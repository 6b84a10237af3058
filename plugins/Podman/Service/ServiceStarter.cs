using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Plugins.Podman.Users;

namespace ContainerManager.Plugins.Podman.Service;

/// <summary>Makes services: root's in the plugin's state directory, a user's in the user's runtime directory.</summary>
internal sealed class ServiceStarter(IPluginHost host, PodmanProgram program, TimeProvider time)
{
    /// <summary>The service of root's engine.</summary>
    internal PodmanService OfRoot(ImmutableArray<string> options) =>
        new(program, time, new ServiceCommand(host.StateDirectory, options, User: null));

    /// <summary>The service of a user's engine: beside where Podman's own would be, since the user cannot write where root's is.</summary>
    internal PodmanService Of(Account account) =>
        new(program, time, new ServiceCommand(account.RuntimeDirectory, [], account));
}

/// <summary>A service that can be started.</summary>
internal sealed class PodmanService(PodmanProgram program, TimeProvider time, ServiceCommand command)
{
    /// <summary>Why it cannot be started, which is no fault; null: it can.</summary>
    internal string? Absence => program.Find() is null ? "podman is not installed" : null;

    /// <summary>Starts it, and returns when it listens.</summary>
    /// <exception cref="IOException">It does not start.</exception>
    internal Task<ServiceProcess> StartAsync(CancellationToken cancellationToken) => program.Find() is { } path
        ? ServiceProcess.StartAsync(command, path, time, cancellationToken)
        : throw new IOException("podman is not installed");
}
