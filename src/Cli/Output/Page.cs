using System.Text;
using Spectre.Console;

namespace ContainerManager.Cli.Output;

/// <summary>
/// What a <see cref="Terminal"/> writes, kept until it is complete: one write(2) instead of thousands.
/// </summary>
internal sealed class Page(bool isTerminal) : IAnsiConsoleOutput, IDisposable
{
    private readonly StringWriter _text = new() { NewLine = "\n" };

    /// <inheritdoc/>
    public TextWriter Writer => _text;

    /// <summary>What is written meanwhile, which does not become part of the page.</summary>
    internal string Aside(Action write)
    {
        StringBuilder text = _text.GetStringBuilder();
        int begin = text.Length;
        write();
        string written = text.ToString(begin, text.Length - begin);
        text.Length = begin;
        return written;
    }

    /// <inheritdoc/>
    public bool IsTerminal { get; } = isTerminal;

    /// <inheritdoc/>
    public int Width { get; } = isTerminal && Console.WindowWidth is > 0 and int width ? width : int.MaxValue;

    /// <inheritdoc/>
    public int Height => int.MaxValue;

    /// <inheritdoc/>
    public void SetEncoding(Encoding encoding)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _text.Dispose();
}
