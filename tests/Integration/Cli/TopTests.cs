using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;

namespace ContainerManager.Tests.Integration.Cli;

/// <summary>The live view, in terminals of two sizes.</summary>
public sealed partial class TopTests : IAsyncLifetime
{
    private ServedEngine _served = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _served = await ServedEngine.StartAsync();
        ContainerStatus web = _served.Engine.Status.Containers[0];
        BindingStatus failed = FakeEngine.Failed with { Source = "/srv/" + new string('x', 300) };
        _served.Engine.Status = _served.Engine.Status with
        {
            Containers = [.. Enumerable.Range(0, 60).Select(i => web with { Name = string.Create(CultureInfo.InvariantCulture, $"container-{i:00}") }), web with { Name = "zz-broken", Bindings = [failed] }],
        };
        for (int i = 0; i < 100; i++)
        {
            _served.Engine.Publish(new EventRecord(DateTimeOffset.UnixEpoch, "attached", $"container-{i:00}", "/srv/" + new string('y', 200), "/y", null));
        }
    }

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Theory]
    [InlineData(80, 24)]
    [InlineData(200, 50)]
    public async Task AScreenIsFilledAndNotOverflowed(int width, int height)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(ServedEngine.Deadline);
        string line = string.Create(CultureInfo.InvariantCulture, $"stty cols {width} rows {height}; TERM=xterm-256color {ContainerUtil.Binary} top; echo status $?");
        using Process typed = ContainerUtil.StartProgram("/", _served.Socket, "script", "-qec", line, "/dev/null");
        StringBuilder seen = new();
        await ReadUntilAsync(typed, seen, text => Frames(text).Length > 0, limit.Token);
        string[] frame = Frames(seen.ToString())[0];
        Assert.InRange(frame.Length, height - 2, height);
        Assert.All(frame, row => Assert.InRange(row.Length, 0, width));
        Assert.Contains("61 containers", frame[0], StringComparison.Ordinal);
        Assert.Contains("60 attached, 60 waiting, 1 failed", frame[0], StringComparison.Ordinal);
        Assert.StartsWith("zz-broken", frame[3], StringComparison.Ordinal);
        Assert.Contains(frame, row => Regex.IsMatch(row, "^… 1 to [0-9]+ of 61$"));
        Assert.Contains(frame, row => row.StartsWith("zz-broken: /srv/xxx", StringComparison.Ordinal) && row.EndsWith('…'));
        Assert.Contains("attached", frame[^1], StringComparison.Ordinal);

        // The keys move it, in the two forms that a terminal has for them; what is there at the end is shown, and no more.
        await TypeAsync(typed, "\e[B\eOB");
        await ReadUntilAsync(typed, seen, text => Frames(text).Any(rows => rows[3].StartsWith("container-01", StringComparison.Ordinal)), limit.Token);
        await TypeAsync(typed, "\e[F");
        await ReadUntilAsync(typed, seen, text => Frames(text).Any(rows => rows.Any(row => row.EndsWith(" to 61 of 61", StringComparison.Ordinal))), limit.Token);
        await TypeAsync(typed, "\e[5~\e[1~");
        await ReadUntilAsync(typed, seen, text => Frames(text)[^1][3].StartsWith("zz-broken", StringComparison.Ordinal), limit.Token);

        // What happens is seen, and a key ends it: the screen of before is back.
        _served.Engine.Publish(new EventRecord(DateTimeOffset.UnixEpoch, "container-started", "newcomer", null, null, null));
        await ReadUntilAsync(typed, seen, text => Frames(text).Any(rows => rows.Any(row => row.Contains("newcomer", StringComparison.Ordinal))), limit.Token);
        await TypeAsync(typed, "q");
        await ReadUntilAsync(typed, seen, text => text.Contains("status 0", StringComparison.Ordinal), limit.Token);
        Assert.EndsWith("\e[?1049l", seen.ToString().Split("status 0")[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutATerminalItIsShownOnce()
    {
        Ran ran = await ContainerUtil.RunAsync(_served.Socket, "top");
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("CONTAINER", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", ran.Output, StringComparison.Ordinal);
    }

    private static async Task TypeAsync(Process process, string keys)
    {
        await process.StandardInput.WriteAsync(keys.AsMemory(), Stop);
        await process.StandardInput.FlushAsync(Stop);
    }

    /// <summary>Each screen that was drawn as a whole, without colours.</summary>
    private static string[][] Frames(string text) =>
    [
        .. text.Split("\e[H").Skip(1).Where(frame => frame.Contains("\e[J", StringComparison.Ordinal))
            .Select(frame => Escape().Replace(frame.Split("\e[J")[0], "").Split("\r\n")),
    ];

    private static async Task ReadUntilAsync(Process process, StringBuilder seen, Func<string, bool> condition, CancellationToken limit)
    {
        byte[] buffer = new byte[65536];
        char[] text = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        while (!condition(seen.ToString()))
        {
            limit.ThrowIfCancellationRequested();
            int read = await process.StandardOutput.BaseStream.ReadAsync(buffer, limit);
            Assert.True(read > 0, $"it has ended:\n{seen}");
            seen.Append(text, 0, decoder.GetChars(buffer.AsSpan(0, read), text, flush: false));
        }
    }

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escape();
}
