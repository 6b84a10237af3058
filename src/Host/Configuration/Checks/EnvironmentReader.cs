using System.Collections.Immutable;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>_environment</c>: variable → value.</summary>
internal static class EnvironmentReader
{
    internal const string Key = "_environment";

    internal static ImmutableArray<string> Read(ConfigurationValue? environment) =>
        [.. (environment?.AsMembers("an object: variable → value") ?? []).Select(ReadVariable).OfType<string>()];

    private static string? ReadVariable(ConfigurationValue variable)
    {
        if (variable.Name.Length == 0 || variable.Name.AsSpan().ContainsAny('=', '\0'))
        {
            variable.FailName("the name of a variable, such as \"LANG\"");
        }

        if (variable.AsText("its value, such as \"C.UTF-8\"", variable.Node is SourceNode.Number ? "write it in quotes" : null) is not { } value)
        {
            return null;
        }

        if (value.Contains('\0'))
        {
            variable.Fail("text without NUL");
        }

        return $"{variable.Name}={value}";
    }
}
