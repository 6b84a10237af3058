using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using ContainerManager.Plugins.Podman.Users;

namespace ContainerManager.Plugins.Podman.Service;

/// <summary>
/// How the service is started: by setpriv(1), which asks the kernel to end it when we end, even by SIGKILL (PR_SET_PDEATHSIG, prctl(2)),
/// and makes it the user's. Nothing of a user's programs runs as root.
/// </summary>
/// <param name="Directory">Where its socket shall be.</param>
/// <param name="Options">Global options of podman.</param>
/// <param name="User">Whose engine; null: root's.</param>
internal sealed record ServiceCommand(string Directory, ImmutableArray<string> Options, Account? User)
{
    /// <summary>How systemd speaks to us; podman would take it for itself.</summary>
    private static readonly string[] OursAlone = ["NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID"];

    private const string SocketPrefix = "container-manager.podman.", SocketSuffix = ".sock";

    /// <summary>
    /// Another one for each server: the service of a server that was just killed takes its socket away when it ends, which may be after
    /// the next has begun to listen.
    /// </summary>
    internal string SocketPath { get; } =
        Path.Combine(Directory, string.Create(CultureInfo.InvariantCulture, $"{SocketPrefix}{Environment.ProcessId}{SocketSuffix}"));

    /// <summary>The sockets of services that were killed, and of those that are about to end.</summary>
    internal IEnumerable<string> OldSockets => System.IO.Directory.EnumerateFiles(Directory, SocketPrefix + "*" + SocketSuffix);

    internal ProcessStartInfo StartInfo(string podman)
    {
        // A session of its own: a user's program must have no way to our terminal (TIOCSTI, ioctl_tty(2)).
        string[] service = [.. User is null ? Array.Empty<string>() : ["setsid"], podman, .. Options, "system", "service", "--time=0", "unix://" + SocketPath];
        ProcessStartInfo info = new("setpriv", ["--pdeathsig=SIGTERM", .. Identity(), "--", .. service])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Furnish(info.Environment);
        return info;
    }

    private string[] Identity() => User is null ? [] :
    [
        string.Create(CultureInfo.InvariantCulture, $"--reuid={User.UserId}"), string.Create(CultureInfo.InvariantCulture, $"--regid={User.GroupId}"),
        "--init-groups", "--inh-caps=-all",
    ];

    /// <summary>Root's engine is configured by our environment (<c>CONTAINERS_CONF</c>), a user's by what a login of the user would have.</summary>
    private void Furnish(IDictionary<string, string?> environment)
    {
        if (User is null)
        {
            Array.ForEach(OursAlone, name => environment.Remove(name));
            return;
        }

        environment.Clear();
        environment["HOME"] = User.Home;
        environment["USER"] = environment["LOGNAME"] = User.Name;
        environment["XDG_RUNTIME_DIR"] = User.RuntimeDirectory;
        environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    }
}
