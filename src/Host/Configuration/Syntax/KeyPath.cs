namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>How errors write the way to a value.</summary>
internal static class KeyPath
{
    internal static string Member(string outer, string name)
    {
        string shown = name.Length == 0 ? "\"\"" : Printable.Key(name);
        return outer.Length == 0 ? shown : $"{outer}.{shown}";
    }

    internal static string Item(string outer, int index) => $"{outer}[{index}]";
}
