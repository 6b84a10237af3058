using System.Globalization;
using System.Text;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Mounting;

/// <summary>
/// The maps of an id-mapped mount (mount_setattr(2)) that shows a file's owner as another: the two change places, everybody else stays who
/// they are. Lines as of <c>/proc/PID/uid_map</c>: id on the file system, id that is seen, count.
/// </summary>
/// <param name="Users">Text for <c>uid_map</c>.</param>
/// <param name="Groups">Text for <c>gid_map</c>.</param>
internal sealed record OwnerMapping(string Users, string Groups)
{
    /// <summary>Ids are 0 to this; the one after it means "none".</summary>
    private const uint LastId = uint.MaxValue - 1;

    /// <summary>Null: the owner is who it shall be.</summary>
    /// <exception cref="MountRefusedException">The container has no such user or group.</exception>
    internal static OwnerMapping? For(FileOwner owner, FileStatus source, ContainerEntry container)
    {
        uint user = container.UserIds.ToOutside(owner.User) ?? throw Unknown("user", owner.User);
        uint group = container.GroupIds.ToOutside(owner.Group) ?? throw Unknown("group", owner.Group);
        return (user, group) == (source.Owner, source.Group) ? null : new OwnerMapping(Exchange(source.Owner, user), Exchange(source.Group, group));
    }

    /// <summary>At most five lines.</summary>
    internal static string Exchange(uint one, uint other)
    {
        StringBuilder text = new();
        uint low = Math.Min(one, other), high = Math.Max(one, other);
        Range(0, 0, low);
        if (low == high)
        {
            Range(low, low, LastId - low + 1);
            return text.ToString();
        }

        Range(low, high, 1);
        Range(low + 1, low + 1, high - low - 1);
        Range(high, low, 1);
        Range(high + 1, high + 1, LastId - high);
        return text.ToString();

        void Range(uint from, uint to, uint count)
        {
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{from} {to} {count}\n");
            }
        }
    }

    internal static MountRefusedException Unknown(string kind, uint id) =>
        new($"the container has no {kind} {id}: its user namespace does not map it; name another owner");
}
