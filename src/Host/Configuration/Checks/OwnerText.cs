using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>"UID:GID"</c>.</summary>
internal static class OwnerText
{
    internal const string Expected = "\"UID:GID\", numbers as they are inside the container, such as \"1000:44\"";

    internal static FileOwner? Read(ConfigurationValue? value)
    {
        if (value?.AsText(Expected) is not { } text)
        {
            return null;
        }

        if (TryParse(text, out FileOwner? owner))
        {
            return owner;
        }

        value.Fail(Expected, text.AsSpan().ContainsAnyInRange('a', 'z') ? "names mean nothing outside the container: write their numbers" : null);
        return null;
    }

    internal static bool TryParse(string text, [NotNullWhen(true)] out FileOwner? owner)
    {
        string[] ids = text.Split(':');
        owner = ids.Length == 2 && Id(ids[0]) is { } user && Id(ids[1]) is { } group ? new FileOwner(user, group) : null;
        return owner is not null;
    }

    /// <summary>The largest number means "none" (chown(2)).</summary>
    private static uint? Id(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != uint.MaxValue ? id : null;
}
