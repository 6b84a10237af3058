using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads the path of one file or directory.</summary>
internal static class PathReader
{
    internal static string? Read(ConfigurationValue? value, string expected, int longest = PathText.LongestPath)
    {
        if (value?.AsText(expected) is not { } text)
        {
            return null;
        }

        if (PathText.TryNormalise(text, out string? path, out PathFault? fault, longest))
        {
            return path;
        }

        value.Fail(fault.Expected, fault.Hint);
        return null;
    }
}
