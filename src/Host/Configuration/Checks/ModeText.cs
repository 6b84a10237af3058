using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>"mode"</c>: permission bits in octal, as chmod(1) takes them.</summary>
internal static class ModeText
{
    private const string Expected = "permission bits in octal, such as \"0660\"";

    internal static uint? Read(ConfigurationValue? mode)
    {
        if (mode?.AsText(Expected) is not { } text)
        {
            return null;
        }

        if (text.Length is >= 3 and <= 4 && text.All(c => c is >= '0' and <= '7') && Convert.ToUInt32(text, 8) is <= 0x1FF and var bits)
        {
            return bits;
        }

        mode.Fail(Expected, text.Contains('r', StringComparison.Ordinal) ? "\"rw-rw----\" is written \"0660\"" : null);
        return null;
    }
}
