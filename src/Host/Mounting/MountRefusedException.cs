namespace ContainerManager.Host.Mounting;

/// <summary>A mount that the kernel would allow and that is refused because it is not what was meant. The message is for the user.</summary>
internal sealed class MountRefusedException(string message) : IOException(message);
