namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>A value of the file on its way to becoming a rule: knows its key path, and whom to tell what is wrong with it.</summary>
/// <param name="node">The value.</param>
/// <param name="key">The way to it from the top of the file.</param>
/// <param name="name">Its name when it is a member of an object, else empty.</param>
/// <param name="nameStart">Where the name stands; where the value stands when it has none.</param>
/// <param name="errors">Takes what is wrong.</param>
internal sealed class ConfigurationValue(SourceNode node, KeyPath key, string name, int nameStart, ErrorList errors)
{
    internal static ConfigurationValue Root(SourceNode node, ErrorList errors) => new(node, KeyPath.Root, "", node.Start, errors);

    internal SourceNode Node => node;

    internal string Name => name;

    internal bool IsNull => node is SourceNode.Null;

    internal int NameStart => nameStart;

    internal int Line => errors.LineOf(nameStart);

    /// <summary>The value is not what belongs here.</summary>
    internal void Fail(string expected, string? hint = null) => errors.Add(node.Start, key, expected, node.Describe(), hint);

    /// <summary>The value as such is right, but something else about it is not.</summary>
    internal void FailFor(string expected, string found, string? hint = null) => errors.Add(node.Start, key, expected, found, hint);

    /// <summary>The value's name is wrong.</summary>
    internal void FailName(string expected, string? hint = null) => errors.Add(nameStart, key, expected, Printable.Quote(name), hint);

    /// <summary>The name is right as such, but something else about it is not.</summary>
    internal void FailNameFor(string expected, string found, string? hint = null) => errors.Add(nameStart, key, expected, found, hint);

    internal string? AsText(string expected, string? hint = null)
    {
        if (node is SourceNode.String text)
        {
            return text.Value;
        }

        Fail(expected, hint);
        return null;
    }

    internal bool? AsBoolean()
    {
        if (node is SourceNode.Boolean boolean)
        {
            return boolean.Value;
        }

        Fail("true or false", node is SourceNode.String { Value: "true" or "false" } ? "without quotes" : null);
        return null;
    }

    /// <summary>One of a few words; the word as it is listed, or null after saying what is wrong.</summary>
    internal string? AsWord(string[] words, StringComparison comparison = StringComparison.Ordinal)
    {
        string? found = (node as SourceNode.String)?.Value;
        string? word = words.FirstOrDefault(w => w.Equals(found, comparison));
        if (word is null)
        {
            Fail(Words.OneOf(words), found is null ? null : NearMiss.Hint(found, words));
        }

        return word;
    }

    internal IReadOnlyList<ConfigurationValue>? AsItems(string expected, string? hint = null)
    {
        if (node is SourceNode.Array array)
        {
            return [.. array.Items.Select((item, i) => new ConfigurationValue(item, key.Item(i), "", item.Start, errors))];
        }

        Fail(expected, hint);
        return null;
    }

    /// <summary>The members of an object that may have any names.</summary>
    internal IReadOnlyList<ConfigurationValue>? AsMembers(string expected, string? hint = null)
    {
        if (node is SourceNode.Object o)
        {
            return [.. o.Members.Select(m => new ConfigurationValue(m.Value, key.Member(m.Name), m.Name, m.NameStart, errors))];
        }

        Fail(expected, hint);
        return null;
    }

    /// <summary>The members of an object that knows only these names; what else it has is an error.</summary>
    internal KnownMembers? AsObject(string expected, string[] known) =>
        AsMembers(expected) is { } members ? new KnownMembers(members, known) : null;
}
