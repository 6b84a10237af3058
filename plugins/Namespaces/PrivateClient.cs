using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>
/// The client that containers run: a copy in the plugin's state directory, never the installed file, which a container could otherwise
/// reach through <c>/proc/1/exe</c>.
/// </summary>
internal sealed class PrivateClient(IPluginHost host)
{
    private const UnixFileMode RootMayRun = UnixFileMode.UserRead | UnixFileMode.UserExecute;
    private readonly string _copy = Path.Combine(host.StateDirectory, "client");

    /// <summary>The copy's path; made or renewed when the installed client is another. Call from one thread at a time.</summary>
    /// <exception cref="IOException">There is no client beside the server, or no room for a copy.</exception>
    internal string Prepare()
    {
        FileInfo installed = new(host.ClientPath), copy = new(_copy);
        if (!installed.Exists)
        {
            throw new IOException($"{host.ClientPath} is missing: the client must be installed beside the server");
        }

        if (!copy.Exists || copy.Length != installed.Length || copy.LastWriteTimeUtc != installed.LastWriteTimeUtc)
        {
            File.Delete(_copy + ".new");
            installed.CopyTo(_copy + ".new");
            File.SetLastWriteTimeUtc(_copy + ".new", installed.LastWriteTimeUtc);
            File.SetUnixFileMode(_copy + ".new", RootMayRun);
            // The old file goes on living in the containers that run it.
            File.Move(_copy + ".new", _copy, overwrite: true);
        }

        return _copy;
    }
}
