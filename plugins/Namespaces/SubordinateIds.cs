using System.Globalization;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>
/// The ids of the host that stand for 0 to 65535 in a container with a user namespace: the range of <c>container-manager</c> or else
/// <c>root</c> in <c>/etc/subuid</c> and <c>/etc/subgid</c> (subuid(5)), or else 524288 to 589823.
/// </summary>
/// <param name="FirstUser">The user that root inside is outside.</param>
/// <param name="FirstGroup">The same for groups.</param>
internal readonly record struct SubordinateIds(uint FirstUser, uint FirstGroup)
{
    /// <summary>How many ids a container has.</summary>
    internal const uint Count = 65536;

    /// <summary>Where neither file says anything: above what user tools give out first, and the same on every host.</summary>
    internal const uint Default = 524288;

    private static readonly string[] Owners = ["container-manager", "root"];

    internal static SubordinateIds OfHost() => new(FirstIn("/etc/subuid"), FirstIn("/etc/subgid"));

    /// <summary>Reads lines <c>OWNER:FIRST:COUNT</c>. Ranges that are too short are passed over.</summary>
    internal static uint FirstOf(IReadOnlyCollection<string> lines)
    {
        foreach (string owner in Owners)
        {
            foreach (string[] fields in lines.Select(line => line.Split(':')))
            {
                if (fields.Length == 3 && fields[0] == owner && Number(fields[1]) is uint first && Number(fields[2]) >= Count)
                {
                    return first;
                }
            }
        }

        return Default;
    }

    private static uint FirstIn(string file) => File.Exists(file) ? FirstOf(File.ReadAllLines(file)) : Default;

    private static uint? Number(string field) => uint.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null;
}
