using System.Diagnostics;
using System.Security.Cryptography;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>
/// The client in roots that have next to nothing: one static file (scratch); a C library and no shell (distroless); musl in its place (Alpine). By the engine's
/// exec and by entering the namespaces.
/// </summary>
[Collection(nameof(DockerCollection))]
public sealed class RootTests(DockerEngineFixture fixture) : IAsyncLifetime
{
    private const int Megabytes = 100;
    private static readonly string[] s_root = ["app", "lib", "lib64", "usr"];
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _directory = new("roots");
    private ServerUnderTest? _server;
    private Func<Task> _remove = () => Task.CompletedTask;

    private ServerUnderTest Server => _server!;

    private string Root => _directory["root"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Root);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(_remove), CleanUp.Of(_server), CleanUp.Of(_directory));

    [Theory]
    [InlineData("scratch", "Namespaces")]
    [InlineData("scratch", "Docker")]
    [InlineData("distroless", "Namespaces")]
    [InlineData("distroless", "Docker")]
    [InlineData("musl", "Namespaces")]
    [InlineData("musl", "Docker")]
    public async Task ProgramsRunInARootOf(string kind, string plugin)
    {
        await MakeAsync(kind);
        await StartAsync(plugin);
        foreach ((string[] command, int status) in (IEnumerable<(string[], int)>)[(["exit", "0"], 0), (["exit", "1"], 1), (["die"], 137)])
        {
            Ran ran = await RunAsync(["/app", .. command]);
            Assert.True((ran.Error, ran.ExitCode) == ("", status), $"{ran}\n{Server.Log}");
        }

        Assert.Equal(127, (await RunAsync("/bin/sh")).ExitCode);
        await CopiesAsync();
    }

    private async Task MakeAsync(string kind)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Clients/app.c");
        string[] compiler = kind == "musl" ? ["musl-gcc"] : kind == "scratch" ? ["gcc", "-static"] : ["gcc"];
        (await Command.RunAsync(compiler[0], [.. compiler[1..], "-O1", "-o", Path.Combine(Root, "app"), source])).OutputOrThrow();
        if (kind == "scratch")
        {
            return;
        }

        // ldd(1) names the loader and the libraries; of musl they are one file.
        IEnumerable<string> needed = kind == "musl"
            ? Directory.GetFiles("/lib", "ld-musl-*.so.1")
            : (await Command.RunAsync("ldd", [Path.Combine(Root, "app")])).OutputOrThrow().Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        foreach (string library in needed.Where(word => word.StartsWith('/')).Distinct())
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Root + library)!);
            File.Copy(library, Root + library);
        }
    }

    private async Task StartAsync(string plugin)
    {
        _server = new ServerUnderTest([plugin], $$"""
            { "containerConfigs": {}, "settings": { "plugins": { "Docker": { "sockets": ["{{fixture.Engine.Address}}"] } } } }
            """);
        await Server.StartAsync();
        if (plugin == "Namespaces")
        {
            await Server.SpawnAsync(new SpawnRequest(_name, ["/app", "sleep"], Root, HostNetwork: false, UserNamespace: false));
            _remove = () => Server.StopContainerAsync(_name);
            return;
        }

        string image = $"{_name}:test";
        (await Command.RunAsync("tar", ["--create", "--directory", Root, "--file", _directory["image.tar"], .. s_root.Where(name => Path.Exists(Path.Combine(Root, name)))])).OutputOrThrow();
        (await fixture.Engine.DockerAsync("import", _directory["image.tar"], image)).OutputOrThrow();
        _remove = () => fixture.Engine.RemoveAsync(_name);
        (await fixture.Engine.DockerAsync("run", "--detach", "--network", "none", "--stop-signal", "SIGKILL", "--name", _name, image, "/app", "sleep")).OutputOrThrow();
        await Server.UntilAsync(reply => reply.Containers.Any(container => container.Name == _name && container.State == "running"));
    }

    private Task<Ran> RunAsync(params string[] command) => ContainerUtil.RunAsync(Server.Socket, ["-c", _name, "run", "--", .. command]);

    /// <summary>100 MiB in and out again, byte for byte.</summary>
    private async Task CopiesAsync()
    {
        byte[] block = RandomNumberGenerator.GetBytes(1 << 20);
        using Process cat = ContainerUtil.Start("/", Server.Socket, "-c", _name, "run", "-i", "--", "/app", "cat");
        Task<byte[]> received = SHA256.HashDataAsync(cat.StandardOutput.BaseStream, Stop).AsTask();
        using IncrementalHash sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < Megabytes; i++)
        {
            sent.AppendData(block);
            await cat.StandardInput.BaseStream.WriteAsync(block, Stop);
        }

        cat.StandardInput.Close();
        Assert.Equal(sent.GetHashAndReset(), await received);
        await cat.WaitForExitAsync(Stop);
        Assert.Equal(0, cat.ExitCode);
    }
}
