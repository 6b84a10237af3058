using System.CommandLine;
using System.Text;
using ContainerManager.Cli.Output;

namespace ContainerManager.Cli.Commands;

/// <summary><c>manual</c>: container-util(1), made of what the commands say of themselves, so that it cannot lag behind. For install.sh; not shown in the help.</summary>
internal static class ManualVerb
{
    internal static Verb Create()
    {
        Verb verb = new("manual", "Prints the manual page, as roff", "container-util manual | man -l -") { Hidden = true };
        verb.Does(static (_, _) =>
        {
            StandardStream.WriteOutput(Encoding.UTF8.GetBytes(PageOf(CommandLine.Create())));
            return Task.FromResult(ExitCode.Ok);
        });
        return verb;
    }

    /// <summary>In the language of man(7).</summary>
    private static string PageOf(RootCommand root)
    {
        StringBuilder page = new();
        page.Append($"""
            .TH CONTAINER-UTIL 1
            .SH NAME
            container\-util \- {Text(root.Description!.TrimEnd('.'))}
            .SH SYNOPSIS
            .B container\-util
            .RI [ OPTION ]...
            .I COMMAND
            .RI [ ARGUMENT ]...
            .SH OPTIONS

            """);
        WriteOptions(page, root.Options);
        page.Append(".SH COMMANDS\n");
        foreach (Command command in root.Subcommands.Where(static command => !command.Hidden))
        {
            Write(page, command, command.Name);
        }

        page.Append(".SH EXIT STATUS\n");
        foreach (string line in ExitCode.Explained)
        {
            page.Append(".PP\n").Append(Text(line)).Append('\n');
        }

        return page.Append(".SH SEE ALSO\n.BR container\\-manager (8),\n.BR container\\-manager.conf (5)\n").ToString();
    }

    private static void Write(StringBuilder page, Command command, string name)
    {
        string arguments = string.Join(' ', command.Arguments.Select(static argument => argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]" : argument.Name));
        page.Append($".SS {Text($"{name} {arguments}".TrimEnd())}\n{Text(command.Description ?? "")}.\n");
        foreach (Argument argument in command.Arguments.Where(static argument => argument.Description is not null))
        {
            page.Append($".TP\n.I {Text(argument.Name)}\n{Text(argument.Description!)}\n");
        }

        WriteOptions(page, command.Options);
        if (command is Verb { Examples.Count: > 0 } verb)
        {
            page.Append(".PP\n.nf\n").AppendJoin('\n', verb.Examples.Select(Text)).Append("\n.fi\n");
        }

        foreach (Command sub in command.Subcommands)
        {
            Write(page, sub, $"{name} {sub.Name}");
        }
    }

    private static void WriteOptions(StringBuilder page, IEnumerable<Option> options)
    {
        foreach (Option option in options.Where(static option => !option.Hidden))
        {
            string names = string.Join(", ", option.Aliases.Where(static alias => alias.StartsWith('-') && alias != "-?").Prepend(option.Name).Distinct().Order(StringComparer.Ordinal));
            string value = option.HelpName is { } what ? $" {what}" : "";
            page.Append($".TP\n.B {Text(names + value)}\n{Text(option.Description ?? "")}\n");
        }
    }

    /// <summary>A line of its own must not begin with a request, and a hyphen is to be one that can be searched for.</summary>
    private static string Text(string text)
    {
        string escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped is ['.' or '\'', ..] ? "\\&" + escaped : escaped;
    }
}
