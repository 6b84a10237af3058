using System.Collections.Immutable;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads a command: a program and its arguments.</summary>
internal static class CommandReader
{
    private const string Command = "an array: the program and its arguments, such as [\"sleep\", \"infinity\"]";

    /// <summary>Empty when it is wrong, which was said, or not there.</summary>
    internal static ImmutableArray<string> Read(ConfigurationValue? command)
    {
        string? hint = command?.Node is SourceNode.String text ? $"for a shell: [\"sh\", \"-c\", {Printable.Quote(text.Value)}]" : null;
        if (command?.AsItems(Command, hint) is not { } items)
        {
            return [];
        }

        if (items.Count == 0)
        {
            command.Fail(Command);
        }

        return [.. items.Select((item, i) => ReadArgument(item, i == 0)).OfType<string>()];
    }

    private static string? ReadArgument(ConfigurationValue item, bool isProgram)
    {
        string? text = item.AsText(isProgram ? "a program" : "an argument, as text");
        if (text is not null && (text.Contains('\0') || (isProgram && text.Length == 0)))
        {
            item.Fail(isProgram ? "a program" : "an argument without a NUL character");
        }

        return text;
    }
}
