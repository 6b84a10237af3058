namespace ContainerManager.Protocol;

/// <summary>How a client that was started by hand finds its server.</summary>
public static class ClientSocket
{
    /// <summary>Where the container sees the directory that the server keeps for it.</summary>
    public const string Directory = "/yacc";

    /// <summary>The socket in it.</summary>
    public const string Name = "container-manager.sock";
}
