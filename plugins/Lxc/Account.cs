using System.Globalization;

namespace ContainerManager.Plugins.Lxc;

/// <summary>As whom LXC's programs run: root, or the ordinary user whose lxcpath it is, whose files root must not read by mistake.</summary>
/// <param name="UserId">User id.</param>
/// <param name="GroupId">Its primary group.</param>
/// <param name="Home">Its home directory.</param>
internal sealed record Account(uint UserId, uint GroupId, string Home)
{
    private const string RuntimeDirectories = "/run/user";

    internal static Account Root { get; } = new(0, 0, "/root");

    internal bool IsRoot => UserId == 0;

    /// <summary>Where the user's own LXC has its run-time files: there from login to logout (pam_systemd(8)).</summary>
    internal string RuntimeDirectory => string.Create(CultureInfo.InvariantCulture, $"{RuntimeDirectories}/{UserId}");

    /// <summary>The user has a runtime directory, or nobody on this host has one, and LXC uses the home directory.</summary>
    internal bool IsPresent => IsRoot || Directory.Exists(RuntimeDirectory) || !Directory.Exists(RuntimeDirectories);

    /// <summary>Finds a user in <c>/etc/passwd</c> (passwd(5)).</summary>
    /// <exception cref="IOException">It is not there.</exception>
    internal static Account Of(uint userId)
    {
        if (userId == 0)
        {
            return Root;
        }

        string id = userId.ToString(CultureInfo.InvariantCulture);
        string[]? fields = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length == 7 && fields[2] == id);
        return fields is not null && uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out uint group)
            ? new Account(userId, group, fields[5])
            : throw new IOException($"its owner, user {userId}, is not in /etc/passwd");
    }
}
