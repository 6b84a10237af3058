using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using ContainerManager.Cli.Output;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Cli.Commands;

/// <summary><c>top</c></summary>
internal static class TopVerb
{
    private const int KeptEvents = 200;

    /// <summary>xterm's: another screen, no cursor; and back.</summary>
    private const string Enter = "\e[?1049h\e[?25l", Leave = "\e[?25h\e[?1049l";

    /// <summary>Also when nothing happens: the clock goes on.</summary>
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(2);

    /// <summary>The server is asked no more often than this; nobody reads faster.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>A key that is held moves the screen as often as this.</summary>
    private static readonly TimeSpan s_frame = TimeSpan.FromMilliseconds(40);

    internal static Verb Create()
    {
        Verb verb = new(
            "top",
            "Shows containers, bindings, what is wrong and what happens, live; arrow and page keys move it, 'q' ends it. Where the output is no terminal: once",
            "container-util top");
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        List<EventRecord> events = [];
        await foreach (EventRecord record in invocation.Server.EventsAsync(follow: false, cancellationToken))
        {
            events.Add(record);
        }

        if (invocation.Json || Console.IsOutputRedirected || Console.IsInputRedirected)
        {
            StatusReply status = await invocation.Server.StatusAsync(cancellationToken);
            string? latency = Latency.Of(await invocation.Server.MetricsAsync(cancellationToken));
            invocation.Answer(status, ControlJson.Default.StatusReply, terminal => new TopView(terminal, 80, 24).Write(status, latency, events, new TopScroll()));
            return ExitCode.Ok;
        }

        invocation.HasBegun();

        // .NET sets up the terminal when it is asked for the first time, and would undo what we do.
        _ = Console.WindowWidth;
        using SafeFileHandle input = new(0, ownsHandle: false);
        using RawTerminal raw = RawTerminal.Enter(input);
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            over.Cancel();
        });
        Draw(Enter);
        try
        {
            return await ShowAsync(invocation, events, over);
        }
        finally
        {
            Draw(Leave);
        }
    }

    private static async Task<int> ShowAsync(Invocation invocation, List<EventRecord> events, CancellationTokenSource over)
    {
        Channel<bool> news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        TopScroll scroll = new();
        Task following = FollowAsync(invocation, events, news.Writer, over.Token);
        _ = Task.Run(() => ReadKeys(scroll, news.Writer, over), CancellationToken.None);
        using PosixSignalRegistration resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => news.Writer.TryWrite(true));
        StatusReply? status = null;
        string? latency = null;
        long asked = 0;
        bool stale = false;
        try
        {
            while (!over.IsCancellationRequested && !following.IsCompleted)
            {
                if (status is null || Stopwatch.GetElapsedTime(asked) >= s_pause)
                {
                    status = await invocation.Server.StatusAsync(over.Token);
                    latency = Latency.Of(await invocation.Server.MetricsAsync(over.Token));
                    asked = Stopwatch.GetTimestamp();
                    stale = false;
                }

                DrawScreen(status, latency, events, scroll);
                await Task.Delay(s_frame, over.Token);
                stale |= await IsWokenAsync(news.Reader, stale ? s_pause : s_idle, over.Token);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // By a key.
        }

        return over.IsCancellationRequested ? ExitCode.Ok : throw new Failure(ExitCode.NotRunning, "the server has stopped");
    }

    private static async Task FollowAsync(Invocation invocation, List<EventRecord> events, ChannelWriter<bool> news, CancellationToken cancellationToken)
    {
        await foreach (EventRecord record in invocation.Server.EventsAsync(follow: true, cancellationToken))
        {
            lock (events)
            {
                events.Add(record);
                events.RemoveRange(0, Math.Max(0, events.Count - KeptEvents));
            }

            news.TryWrite(true);
        }
    }

    /// <summary>Whether something has happened, or a key was pressed, in time.</summary>
    private static async Task<bool> IsWokenAsync(ChannelReader<bool> news, TimeSpan within, CancellationToken cancellationToken)
    {
        try
        {
            // Who only waits takes nothing away when nobody waits for it any more.
            await news.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(within, cancellationToken);
            return news.TryRead(out _);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static void DrawScreen(StatusReply status, string? latency, List<EventRecord> events, TopScroll scroll)
    {
        EventRecord[] recent;
        lock (events)
        {
            recent = [.. events];
        }

        int width = Math.Max(20, Console.WindowWidth), height = Math.Max(6, Console.WindowHeight);
        string text = Terminal.TextOf(terminal => new TopView(terminal, width, height).Write(status, latency, recent, scroll), isTerminal: true);

        // Each line is cleared to its end, and what was below: nothing flickers. The terminal is raw: a line feed does not return.
        Draw("\e[H" + text.TrimEnd('\n').Replace("\n", "\e[K\r\n", StringComparison.Ordinal) + "\e[K\e[J");
    }

    /// <summary>Until a key that ends it; the terminal sends ^C as one.</summary>
    private static void ReadKeys(TopScroll scroll, ChannelWriter<bool> news, CancellationTokenSource over)
    {
        // Not by the console's own stream, which edits lines, and sets the terminal up for that.
        using FileStream input = new(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);

        // More than a terminal holds for a reader, so that no key is cut in two.
        Span<byte> typed = stackalloc byte[8192];
        for (int length; (length = input.Read(typed)) > 0 && TopKeys.Obey(typed[..length], scroll);)
        {
            news.TryWrite(true);
        }

        over.Cancel();
    }

    private static void Draw(string text) => StandardStream.WriteOutput(Encoding.UTF8.GetBytes(text));
}
