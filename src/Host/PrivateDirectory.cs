namespace ContainerManager.Host;

/// <summary>Directories that only root reads.</summary>
internal static class PrivateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes it with mode 0700, where it is missing.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal static string Create(string path) => Directory.CreateDirectory(path, OwnerOnly).FullName;
}
