using System.Diagnostics;
using System.Globalization;

namespace ContainerManager.Plugins.Podman.Users;

/// <summary>A user of this host (passwd(5)).</summary>
/// <param name="Name">The login name.</param>
/// <param name="UserId">The user id; never 0.</param>
/// <param name="GroupId">The primary group.</param>
/// <param name="Home">The home directory.</param>
internal sealed record Account(string Name, uint UserId, uint GroupId, string Home)
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(10);

    /// <summary>Where a logged-in user's sockets are (pam_systemd(8)).</summary>
    internal string RuntimeDirectory => string.Create(CultureInfo.InvariantCulture, $"{LoggedInUsers.RuntimeDirectories}/{UserId}");

    /// <summary>Asks getent(1), which knows users of other sources than <c>/etc/passwd</c>, too. Null: there is no such user.</summary>
    /// <param name="user">A name, or an id in decimal.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="IOException">It cannot be asked, or the user is root by another name.</exception>
    internal static async Task<Account?> FindAsync(string user, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswersWithin);
        try
        {
            using Process getent = Process.Start(new ProcessStartInfo("getent", ["passwd", user]) { RedirectStandardOutput = true })!;
            try
            {
                string output = await getent.StandardOutput.ReadToEndAsync(limit.Token);
                await getent.WaitForExitAsync(limit.Token);
                return Parse(output);
            }
            finally
            {
                // A directory service that does not answer must not leave a process for each question. One that has ended is no error.
                getent.Kill();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"getent passwd {user} does not answer within {AnswersWithin.TotalSeconds:0} s");
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new IOException($"getent cannot be started: {failure.Message}", failure);
        }
    }

    /// <summary>The first line of <c>name:password:uid:gid:comment:home:shell</c>.</summary>
    internal static Account? Parse(string passwd)
    {
        string[] fields = passwd.Split('\n')[0].Split(':');
        if (fields.Length != 7 || !uint.TryParse(fields[2], CultureInfo.InvariantCulture, out uint user) || !uint.TryParse(fields[3], CultureInfo.InvariantCulture, out uint group))
        {
            return null;
        }

        return user != 0 ? new Account(fields[0], user, group, fields[5]) : throw new IOException($"{fields[0]} is root by another name");
    }
}
