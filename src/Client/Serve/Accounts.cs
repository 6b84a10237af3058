using System.Globalization;
using ContainerManager.Linux;

namespace ContainerManager.Client.Serve;

/// <summary>The users of the container, as its <c>/etc/passwd</c> and <c>/etc/group</c> say (passwd(5), group(5)): a static program has no other way.</summary>
internal static class Accounts
{
    /// <param name="text"><c>USER[:GROUP]</c>, names or numbers; null: who we are.</param>
    /// <exception cref="IOException">There is no user or group of that name.</exception>
    internal static Account Find(string? text)
    {
        string[] parts = (text ?? OwnProcess.EffectiveUser.ToString(CultureInfo.InvariantCulture)).Split(':', 2);
        string[]? entry = Array.Find(Lines("/etc/passwd", 7), fields => fields[0] == parts[0]) ??
            Array.Find(Lines("/etc/passwd", 7), fields => fields[2] == parts[0]);
        if (entry is null && Number(parts[0]) is null)
        {
            throw new IOException($"there is no user {parts[0]} in the container");
        }

        string name = entry?[0] ?? parts[0];
        uint user = Number(entry?[2] ?? parts[0]) ?? throw new IOException($"/etc/passwd of the container is broken at {name}");
        uint group = parts.Length > 1 ? GroupOf(parts[1]) : Number(entry?[3] ?? "0") ?? 0;
        uint[] others = [.. Lines("/etc/group", 4).Where(fields => fields[3].Split(',').Contains(name)).Select(fields => Number(fields[2])).OfType<uint>()];
        return new Account(name, user, group, others, entry is [.., { Length: > 0 } home, _] ? home : "/");
    }

    private static uint GroupOf(string text) =>
        Number(Array.Find(Lines("/etc/group", 4), fields => fields[0] == text)?[2] ?? text) ?? throw new IOException($"there is no group {text} in the container");

    private static string[][] Lines(string file, int fields)
    {
        try
        {
            return [.. File.ReadAllLines(file).Select(line => line.Split(':')).Where(line => line.Length == fields)];
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null;
}

/// <summary>A user of the container.</summary>
/// <param name="Name">Or the number, where it has none.</param>
/// <param name="User">User id.</param>
/// <param name="Group">Group id.</param>
/// <param name="Others">All other groups.</param>
/// <param name="Home">The home directory.</param>
internal sealed record Account(string Name, uint User, uint Group, uint[] Others, string Home);
