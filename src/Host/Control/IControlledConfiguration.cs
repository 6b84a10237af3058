using ContainerManager.Protocol;

namespace ContainerManager.Host.Control;

/// <summary>All that the control socket asks of the configuration and of the host. Called from thread pool threads, several at once.</summary>
internal interface IControlledConfiguration
{
    /// <summary>What is in force, and what is wrong with the files.</summary>
    ConfigurationReply Show();

    /// <summary>Reads the files again; that they are wrong is an answer.</summary>
    ConfigurationReply Reload();

    /// <summary>What is wrong with a file.</summary>
    ConfigurationCheck Check(ConfigurationRequest request);

    /// <summary>What a file would do. Looks for what its rules mean, and gives up where a file system does not answer.</summary>
    Task<ConfigurationDifference> CompareAsync(ConfigurationRequest request, CancellationToken cancellationToken);

    /// <summary>Whether the host has what the server and its configuration need.</summary>
    Task<DoctorReply> DiagnoseAsync(CancellationToken cancellationToken);
}
