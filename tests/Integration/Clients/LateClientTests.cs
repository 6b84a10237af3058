using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>A client that was stopped while it was asked, and goes on when the server has given it up; the test is the server.</summary>
public sealed class LateClientTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("late");
    private uint _asked;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    /// <summary>The server has written down that it was not done.</summary>
    [Fact]
    public async Task WhatWasAskedBeforeIsNotDone()
    {
        string root = _directory["root"];
        Directory.CreateDirectory($"{root}/source");
        Directory.CreateDirectory($"{root}/yacc/binds/0");
        File.Copy(Path.Combine(Path.GetDirectoryName(Installation.Server)!, "client"), $"{root}/client");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"{root}/yacc/{ClientSocket.Name}"));
        listener.Listen();
        string script = $"mount --bind {root}/source {root}/yacc/binds/0 && exec chroot {root} /client";
        using Process client = ContainerUtil.StartProgram("/", "", "unshare", "--mount", "sh", "-c", script);
        try
        {
            FrameStream server = new(new NetworkStream(await listener.AcceptAsync(Stop), ownsSocket: true));
            Assert.Equal(FrameKind.Hello, (await server.ReadAsync(Stop))?.Kind);
            await server.WriteAsync(MessageFormat.Write(FrameKind.Welcome, 0, new Welcome(Frames.Version, "late")), Stop);

            // As long as it is heard, it does what it is asked.
            InsideAnswer answer = await AskAsync(server, FrameKind.Mount, new MountInside(await PrepareAsync(server), "/first", Directory: true, Replaced: 0));
            Assert.Null(answer.Failure);
            Assert.Contains(" /first ", MountsOf(client), StringComparison.Ordinal);

            ulong second = await PrepareAsync(server);
            await SignalAsync(client, "STOP");
            await server.WriteAsync(MessageFormat.Write(FrameKind.Mount, ++_asked, new MountInside(second, "/second", Directory: true, Replaced: 0)), Stop);
            await server.DisposeAsync();
            await SignalAsync(client, "CONT");
            await UntilOverAsync(client);
            Assert.DoesNotContain(" /second ", MountsOf(client), StringComparison.Ordinal);
            Assert.False(Directory.Exists($"{root}/second"));

            // The server has ended the connection only, and gets it back.
            using Socket again = await listener.AcceptAsync(Stop).AsTask().WaitAsync(ServedEngine.Deadline, Stop);
        }
        finally
        {
            ContainerUtil.End(client);
        }
    }

    private async Task<ulong> PrepareAsync(FrameStream server)
    {
        InsideAnswer answer = await AskAsync(server, FrameKind.Prepare, new PrepareInside("binds/0"));
        Assert.Null(answer.Failure);
        return answer.MountId;
    }

    private async Task<InsideAnswer> AskAsync<T>(FrameStream server, FrameKind kind, T request)
        where T : IMessage<T>
    {
        await server.WriteAsync(MessageFormat.Write(kind, ++_asked, request), Stop);
        Frame answer = (await server.ReadAsync(Stop))!.Value;
        Assert.Equal((FrameKind.Answer, _asked), (answer.Kind, answer.Channel));
        return MessageFormat.Read<InsideAnswer>(answer.Body);
    }

    private static string MountsOf(Process process) => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/mountinfo"));

    private static async Task SignalAsync(Process process, string signal) =>
        (await Command.RunAsync("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)])).OutputOrThrow();

    /// <summary>It says as what it serves, and then why that is over.</summary>
    private static async Task UntilOverAsync(Process client)
    {
        for (int line = 0; line < 2; line++)
        {
            Assert.NotNull(await client.StandardError.ReadLineAsync(Stop).AsTask().WaitAsync(ServedEngine.Deadline, Stop));
        }
    }
}
