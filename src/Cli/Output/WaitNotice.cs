using System.Globalization;
using System.Text;

namespace ContainerManager.Cli.Output;

/// <summary>
/// Says on the terminal that something takes long, and for how long by now; it is gone when there is something else to read. Where the errors go to no terminal:
/// nothing.
/// </summary>
internal sealed class WaitNotice : IDisposable
{
    /// <summary>ECMA-48's EL: what is right of the cursor is cleared.</summary>
    private const string Clear = "\r\e[K";

    /// <summary>Nobody wonders before.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly string _what;
    private readonly Timer? _timer;
    private int _times;
    private bool _over;

    /// <param name="what">What takes long.</param>
    /// <param name="wanted">A person waits, and no script.</param>
    internal WaitNotice(string what, bool wanted)
    {
        _what = what;
        if (wanted && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"))
        {
            _timer = new Timer(static notice => ((WaitNotice)notice!).Tell(), this, s_interval, s_interval);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            if (_times > 0)
            {
                Write("");
            }

            _over = true;
        }
    }

    private void Tell()
    {
        lock (_lock)
        {
            Write(string.Create(CultureInfo.InvariantCulture, $"{_what}: waiting, {++_times} s"));
        }
    }

    private void Write(string text)
    {
        if (_over)
        {
            return;
        }

        try
        {
            StandardStream.WriteError(Encoding.UTF8.GetBytes(Clear + text));
        }
        catch (IOException)
        {
            _over = true; // The terminal is gone.
        }
    }
}
