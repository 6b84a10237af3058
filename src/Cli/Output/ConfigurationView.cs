using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Output;

/// <summary>The configuration for a person.</summary>
internal sealed class ConfigurationView(Terminal terminal)
{
    private const int ActionWidth = 16;

    private static readonly JsonWriterOptions s_indented = new() { Indented = true };

    internal void Show(ConfigurationReply reply, bool effective)
    {
        if (effective)
        {
            ShowEffective(reply.Effective);
        }
        else
        {
            foreach (ConfigurationText file in reply.Files)
            {
                terminal.Write($"// {file.Path}", Look.Faint).Line();
                WriteLines(file.Text ?? "// cannot be read");
            }
        }

        ShowErrors(reply.Errors);
    }

    internal void ShowOutcome(ConfigurationReply reply)
    {
        if (reply.Errors.IsEmpty)
        {
            terminal.Write(reply.File).Write(": ").Write("in force", Look.Good).Line();
        }
        else
        {
            ShowErrors(reply.Errors);
            terminal.Write("nothing was changed").Line();
        }
    }

    internal void Show(ConfigurationCheck check)
    {
        ShowErrors(check.Errors);
        if (check.Summary is { } summary)
        {
            terminal.Write(summary).Line();
        }
    }

    internal void Show(ConfigurationDifference difference)
    {
        ShowErrors(difference.Errors);
        if (difference.Errors.IsEmpty && difference.Changes.IsEmpty)
        {
            terminal.Write("nothing would change").Line();
        }

        foreach (PlannedChange change in difference.Changes)
        {
            terminal.Column(change.Action, ActionWidth);
            terminal.Write(change.Container is null ? "" : $"{change.Container}  ", Look.Name);
            terminal.Write(string.Join(" → ", ((string?[])[change.Source, change.Target]).OfType<string>().Distinct())).Line();
        }
    }

    private void ShowEffective(JsonElement effective)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, s_indented))
        {
            effective.WriteTo(json);
        }

        WriteLines(Encoding.UTF8.GetString(text.WrittenSpan));
    }

    private void WriteLines(string text)
    {
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            terminal.Write(line.TrimEnd('\r').Replace("\t", "    ", StringComparison.Ordinal)).Line();
        }
    }

    private void ShowErrors(ImmutableArray<string> errors)
    {
        foreach (string error in errors)
        {
            terminal.Write(error, Look.Bad).Line();
        }
    }
}
