using System.Globalization;
using ContainerManager.Linux;

namespace ContainerManager.Host.Control;

/// <summary>What somebody may do on the control socket.</summary>
internal enum Access
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Ask what there is.</summary>
    Read,

    /// <summary>Change it as well, and run programs in containers.</summary>
    Control,
}

/// <summary>Who may do what: root and the server's own user everything, others what a group of theirs may (<c>readGroup</c>, <c>controlGroup</c>).</summary>
internal sealed class AccessPolicy
{
    private const string GroupFile = "/etc/group";
    private volatile Groups _groups;

    /// <exception cref="ControlSocketException">There is no such group.</exception>
    internal AccessPolicy(string? readGroup, string? controlGroup) => _groups = Groups.Of(readGroup, controlGroup);

    /// <summary>Called when the policy has become another.</summary>
    internal Action? Changed { get; set; }

    /// <summary>Others than root may be admitted: everybody must be able to connect, and is asked who they are.</summary>
    internal bool IsOpenToGroups => _groups is not { Read: null, Control: null };

    /// <summary>Other groups from now on.</summary>
    /// <exception cref="ControlSocketException">There is no such group; the policy is as before.</exception>
    internal void Change(string? readGroup, string? controlGroup)
    {
        Groups groups = Groups.Of(readGroup, controlGroup);
        if (groups != _groups)
        {
            _groups = groups;
            Changed?.Invoke();
        }
    }

    internal Access Of(Peer peer)
    {
        Groups groups = _groups;
        return peer.User == 0 || peer.User == OwnProcess.EffectiveUser || IsMember(peer, groups.Control) ? Access.Control
            : IsMember(peer, groups.Read) ? Access.Read
            : Access.None;
    }

    private static bool IsMember(Peer peer, uint? group) => group is { } id && peer.Groups.Contains(id);

    private sealed record Groups(uint? Read, uint? Control)
    {
        internal static Groups Of(string? read, string? control) => new(Number("readGroup", read), Number("controlGroup", control));

        /// <summary>From group(5).</summary>
        private static uint? Number(string setting, string? group)
        {
            if (group is null)
            {
                return null;
            }

            if (uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
            {
                return number;
            }

            foreach (string[] line in File.ReadLines(GroupFile).Select(line => line.Split(':')))
            {
                if (line.Length > 2 && line[0] == group && uint.TryParse(line[2], NumberStyles.None, CultureInfo.InvariantCulture, out number))
                {
                    return number;
                }
            }

            throw new ControlSocketException($"settings.{setting}: there is no group {group} in {GroupFile}: add it (groupadd {group}), or write its number", null);
        }
    }
}
