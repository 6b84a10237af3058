using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Host.Clients;

/// <summary>
/// The client that containers run: a copy in the state directory, never the installed file, which a container could otherwise reach through
/// <c>/proc/PID/exe</c> (CVE-2019-5736).
/// </summary>
/// <param name="directory">Of its own.</param>
/// <param name="installed">The installed client.</param>
internal sealed class ClientProgram(string directory, string installed)
{
    /// <summary>Users of the container may be nobody to us.</summary>
    private const UnixFileMode EverybodyMayRun = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly Lock _lock = new();

    /// <summary>The copy; made, or made anew, when the installed client is another.</summary>
    /// <exception cref="IOException">There is no client beside the server, or no room for a copy.</exception>
    internal ClientFile Prepare()
    {
        lock (_lock)
        {
            FileInfo original = new(installed), copy = new(Path.Combine(PrivateDirectory.Create(directory), "client"));
            if (!original.Exists)
            {
                throw new IOException($"{installed} is missing: the client must be installed beside the server");
            }

            if (!copy.Exists || copy.Length != original.Length || copy.LastWriteTimeUtc != original.LastWriteTimeUtc)
            {
                string draft = copy.FullName + ".new";
                File.Delete(draft);
                original.CopyTo(draft);
                File.SetLastWriteTimeUtc(draft, original.LastWriteTimeUtc);
                File.SetUnixFileMode(draft, EverybodyMayRun);
                // The old file goes on living in the containers that run it.
                File.Move(draft, copy.FullName, overwrite: true);
            }

            return new ClientFile(copy.FullName, FileStatus.OfPath(copy.FullName)!.Value.Identity);
        }
    }
}
