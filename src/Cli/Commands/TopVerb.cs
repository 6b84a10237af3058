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

    /// <summary>Nobody reads faster.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    internal static Verb Create()
    {
        Verb verb = new(
            "top",
            "Shows containers, bindings, what is wrong and what happens, live; 'q' ends it. Where the output is no terminal: once",
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
            invocation.Answer(status, ControlJson.Default.StatusReply, terminal => new TopView(terminal, 80, 24).Write(status, latency, events));
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
        Task following = FollowAsync(invocation, events, news.Writer, over.Token);
        _ = Task.Run(() => ReadKeys(over), CancellationToken.None);
        while (!over.IsCancellationRequested && !following.IsCompleted)
        {
            await DrawAsync(invocation, events, over.Token);
            try
            {
                await Task.Delay(s_pause, over.Token);
                await news.Reader.WaitToReadAsync(over.Token).AsTask().WaitAsync(s_idle, over.Token);
                news.Reader.TryRead(out _);
            }
            catch (TimeoutException)
            {
                // Nothing has happened.
            }
            catch (OperationCanceledException)
            {
                return ExitCode.Ok;
            }
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

    private static async Task DrawAsync(Invocation invocation, List<EventRecord> events, CancellationToken cancellationToken)
    {
        StatusReply status = await invocation.Server.StatusAsync(cancellationToken);
        string? latency = Latency.Of(await invocation.Server.MetricsAsync(cancellationToken));
        EventRecord[] recent;
        lock (events)
        {
            recent = [.. events];
        }

        int width = Math.Max(20, Console.WindowWidth), height = Math.Max(6, Console.WindowHeight);
        string text = Terminal.TextOf(terminal => new TopView(terminal, width, height).Write(status, latency, recent), isTerminal: true);

        // Each line is cleared to its end, and what was below: nothing flickers. The terminal is raw: a line feed does not return.
        Draw("\e[H" + text.TrimEnd('\n').Replace("\n", "\e[K\r\n", StringComparison.Ordinal) + "\e[K\e[J");
    }

    /// <summary>Until a key that ends it; the terminal sends ^C as one.</summary>
    private static void ReadKeys(CancellationTokenSource over)
    {
        // Not by the console's own stream, which edits lines, and sets the terminal up for that.
        using FileStream input = new(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        for (int key; (key = input.ReadByte()) >= 0;)
        {
            if (key is 'q' or 'Q' or 3 or 4 or 27)
            {
                break;
            }
        }

        over.Cancel();
    }

    private static void Draw(string text) => StandardStream.WriteOutput(Encoding.UTF8.GetBytes(text));
}
