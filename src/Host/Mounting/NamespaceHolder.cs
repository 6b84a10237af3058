using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Mounting;

/// <summary>
/// Makes namespaces that this process cannot make itself (unshare(CLONE_NEWUSER) needs a single thread): unshare(1) starts our own client in
/// new ones, we open them, and the client ends. An open descriptor keeps a namespace alive.
/// </summary>
/// <param name="client">The installed client program.</param>
/// <param name="copy">
/// Where a copy of it goes that is ours: in a new user namespace root may search no directory of another user's, such as a home.
/// </param>
internal sealed class NamespaceHolder(string client, string copy)
{
    private static readonly string[] Places = ["/usr/bin", "/bin", "/usr/local/bin"];
    private readonly Lock _lock = new();
    private string? _copied;

    /// <summary>
    /// A mount namespace of a user namespace of its own, in which nothing but <paramref name="directory"/> is mounted, as the root, a slave of
    /// the host's.
    /// </summary>
    /// <exception cref="IOException">It could not be made.</exception>
    internal SafeFileHandle MountNamespaceOf(string directory) =>
        Make(["--user", "--map-root-user", "--mount", "--propagation", "slave", "--", Client(), "hold", "--root", directory], process => Open(process, "mnt"));

    /// <summary>A user namespace with these maps.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    internal SafeFileHandle UserNamespaceOf(OwnerMapping mapping) => Make(["--user", "--", Client(), "hold"], process =>
    {
        WriteMap(process, "uid_map", mapping.Users);
        WriteMap(process, "gid_map", mapping.Groups);
        return Open(process, "user");
    });

    /// <summary>Made once. Not over what is there: a client of a server that was killed may still run from it.</summary>
    private string Client()
    {
        lock (_lock)
        {
            if (_copied is null)
            {
                string draft = copy + ".new";
                File.Copy(client, draft, overwrite: true);
                File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserExecute);
                File.Move(draft, copy, overwrite: true);
                _copied = copy;
            }

            return _copied;
        }
    }

    /// <summary>By its path: a bare name would be looked for in the current directory, too.</summary>
    private static string Unshare => Places.Select(place => Path.Combine(place, "unshare")).FirstOrDefault(File.Exists)
        ?? throw new IOException("there is no unshare(1): install util-linux");

    private static SafeFileHandle Make(IEnumerable<string> arguments, Func<int, SafeFileHandle> open)
    {
        ProcessStartInfo start = new(Unshare, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process holder = Process.Start(start) ?? throw new IOException("unshare(1) could not be started");
        string? said = holder.StandardOutput.ReadLine();
        try
        {
            return said == "ready" ? open(holder.Id) : throw new IOException($"new namespaces are refused: {holder.StandardError.ReadToEnd().Trim()}");
        }
        finally
        {
            holder.StandardInput.Close();
            holder.WaitForExit();
        }
    }

    private static SafeFileHandle Open(int process, string kind) =>
        File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/ns/{kind}"));

    /// <summary>The kernel takes one write.</summary>
    private static void WriteMap(int process, string file, string text)
    {
        using SafeFileHandle map = File.OpenHandle(
            string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{file}"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(map, System.Text.Encoding.ASCII.GetBytes(text), 0);
    }
}
