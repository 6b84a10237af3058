namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>The members of an object by their names. One that is <c>null</c> counts as absent.</summary>
internal sealed class KnownMembers
{
    private readonly Dictionary<string, ConfigurationValue> _members = [];

    internal KnownMembers(IReadOnlyList<ConfigurationValue> members, string[] known)
    {
        foreach (ConfigurationValue member in members)
        {
            if (!known.Contains(member.Name))
            {
                member.FailName($"one of {string.Join(", ", known)}", HintFor(member.Name, known));
            }
            else if (!member.IsNull)
            {
                _members.Add(member.Name, member);
            }
        }
    }

    /// <summary>Null when it is absent.</summary>
    internal ConfigurationValue? this[string name] => _members.GetValueOrDefault(name);

    private static string? HintFor(string name, string[] known) =>
        name.StartsWith("//", StringComparison.Ordinal) || name.StartsWith('#') || name.Contains("comment", StringComparison.OrdinalIgnoreCase)
            ? "write a comment as // … or /* … */"
            : NearMiss.Hint(name, known);
}
