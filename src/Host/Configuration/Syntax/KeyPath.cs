using System.Globalization;

namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>The way from the top of the file to a value. Written out only for an error: a large file has thousands of values, and few errors.</summary>
internal sealed class KeyPath
{
    /// <summary>The file as a whole.</summary>
    internal static readonly KeyPath Root = new(null, "", 0);

    private readonly KeyPath? _outer;
    private readonly string? _name;
    private readonly int _index;

    private KeyPath(KeyPath? outer, string? name, int index)
    {
        _outer = outer;
        _name = name;
        _index = index;
    }

    /// <summary>To the member of an object.</summary>
    internal KeyPath Member(string name) => new(this, name, 0);

    /// <summary>To the element of an array.</summary>
    internal KeyPath Item(int index) => new(this, null, index);

    /// <summary>As <see cref="ConfigurationError.Key"/> has it.</summary>
    public override string ToString()
    {
        if (_outer is null)
        {
            return "";
        }

        string outer = _outer.ToString();
        if (_name is null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{outer}[{_index}]");
        }

        string shown = _name.Length == 0 ? "\"\"" : Printable.Key(_name);
        return outer.Length == 0 ? shown : $"{outer}.{shown}";
    }
}
