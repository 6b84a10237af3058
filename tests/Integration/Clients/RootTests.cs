using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using ContainerManager.Tests.Control;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Podman;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>
/// The client in roots that have next to nothing: one static file (scratch); a C library and no shell (distroless); musl in its place (Alpine); in every
/// runtime. What has a shell is tested with busybox by <see cref="RunTests"/>, and with Debian's /usr by those of our light containers.
/// </summary>
public abstract class RootTests : IAsyncLifetime
{
    private const int Megabytes = 100;

    /// <summary>Programs at once; in busybox's roots they are 200 always.</summary>
    private static readonly int s_atOnce = int.Parse(Environment.GetEnvironmentVariable("CM_RUNS") ?? "20", CultureInfo.InvariantCulture);
    private static readonly string[] s_kinds = ["scratch", "distroless", "musl"];

    /// <summary>What LXC and nspawn mount on; image engines make them by themselves.</summary>
    private static readonly string[] s_mountPoints = ["dev", "proc", "sys", "run", "tmp", "etc", "usr"];

    private readonly string _prefix = $"cm-{Guid.NewGuid():N}"[..14];
    private readonly TemporaryDirectory _directory = new("roots");
    private readonly List<string> _started = [];
    private readonly IScenarioRuntime _runtime;
    private ServerUnderTest? _server;

    private protected RootTests(IScenarioRuntime runtime) => _runtime = runtime;

    private ServerUnderTest Server => _server!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _runtime.PrepareAsync();
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": {}, "settings": { "plugins": { "{{_runtime.Plugin}}": {{_runtime.Settings}} } } }
            """);
        await Server.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CleanUp.AllAsync(
        [
            .. _started.Select(name => CleanUp.Of(() => _runtime.RemoveAsync(Server, name))),
            CleanUp.Of(_server),
            CleanUp.Of(_runtime as IAsyncDisposable),
            CleanUp.Of(_directory),
        ]);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task ProgramsRunInRootsThatHaveNextToNothing()
    {
        foreach (string kind in s_kinds)
        {
            string name = $"{_prefix}-{kind}";
            await MakeAsync(kind);
            _started.Add(name);
            await _runtime.StartFromAsync(Server, name, _directory[kind], "/app", "sleep");
            await Server.UntilAsync(reply => reply.Containers.Any(container => container.Name == name && container.State == "running"));
            foreach ((string[] command, int status) in (IEnumerable<(string[], int)>)[(["/app", "exit", "0"], 0), (["/app", "exit", "1"], 1), (["/app", "die"], 137), (["/bin/sh"], 127)])
            {
                Ran ran = await ContainerUtil.RunAsync(Server.Socket, ["-c", name, "run", "--", .. command]);
                Assert.True(ran.ExitCode == status && (status == 127 || ran.Error == ""), $"{kind}: {string.Join(' ', command)}: {ran}\n{Server.Log}");
            }

            await CopiesAsync(name);
            await HasATerminalAsync(name);
            Ran[] all = await Task.WhenAll(Enumerable.Range(0, s_atOnce).Select(i => ContainerUtil.RunAsync(Server.Socket, ["-c", name, "run", "--", "/app", "exit", $"{i}"])));
            Assert.All(all.Index(), ran => Assert.True(ran.Item is { Output: "", Error: "" } && ran.Item.ExitCode == ran.Index, $"{kind}: {ran}"));
        }
    }

    private async Task MakeAsync(string kind)
    {
        string root = Directory.CreateDirectory(_directory[kind]).FullName;
        foreach (string directory in s_mountPoints)
        {
            Directory.CreateDirectory(Path.Combine(root, directory));
        }

        string source = Path.Combine(AppContext.BaseDirectory, "Clients/app.c");
        string[] compiler = kind == "musl" ? ["musl-gcc"] : kind == "scratch" ? ["gcc", "-static"] : ["gcc"];
        (await Command.RunAsync(compiler[0], [.. compiler[1..], "-O1", "-o", Path.Combine(root, "app"), source])).OutputOrThrow();
        if (kind == "scratch")
        {
            return;
        }

        // ldd(1) names the loader and the libraries; of musl they are one file.
        IEnumerable<string> needed = kind == "musl"
            ? Directory.GetFiles("/lib", "ld-musl-*.so.1")
            : (await Command.RunAsync("ldd", [Path.Combine(root, "app")])).OutputOrThrow().Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        foreach (string library in needed.Where(word => word.StartsWith('/')).Distinct())
        {
            Directory.CreateDirectory(Path.GetDirectoryName(root + library)!);
            File.Copy(library, root + library);
        }
    }

    /// <summary>100 MiB in and out again, byte for byte.</summary>
    private async Task CopiesAsync(string name)
    {
        byte[] block = RandomNumberGenerator.GetBytes(1 << 20);
        using Process cat = ContainerUtil.Start("/", Server.Socket, "-c", name, "run", "-i", "--", "/app", "cat");
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

    /// <summary>One that becomes as large as ours, and whose ^C ends what runs.</summary>
    private async Task HasATerminalAsync(string name)
    {
        string line = $"tty; {ContainerUtil.Binary} --socket {Server.Socket} -c {name} run -it -- /app terminal; echo status $?";
        using Process typed = ContainerUtil.StartProgram("/", Server.Socket, "script", "-qec", line, "/dev/null");
        string ours = (await typed.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(ServedEngine.Deadline, Stop))!.Trim();
        await ContainerUtil.UntilLineAsync(typed, "ready");
        (await Command.RunAsync("stty", ["-F", ours, "rows", "33", "columns", "77"])).OutputOrThrow();
        await ContainerUtil.UntilLineAsync(typed, "33 77");
        await typed.StandardInput.BaseStream.WriteAsync(new byte[] { 3 }, Stop);
        await typed.StandardInput.BaseStream.FlushAsync(Stop);
        Assert.Contains("status 130", await typed.StandardOutput.ReadToEndAsync(Stop).WaitAsync(ServedEngine.Deadline, Stop), StringComparison.Ordinal);
    }
}

/// <summary>In our own light containers.</summary>
public sealed class NamespacesRootTests() : RootTests(new NamespacesScenarioRuntime());

/// <summary>In our own light containers with a user namespace.</summary>
public sealed class UserNamespacesRootTests() : RootTests(new NamespacesScenarioRuntime(userNamespace: true));

/// <summary>In Docker's containers.</summary>
[Collection(nameof(DockerCollection))]
public sealed class DockerRootTests(DockerEngineFixture fixture) : RootTests(new DockerScenarioRuntime(fixture.Engine));

/// <summary>In Podman's containers.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class PodmanRootTests(PodmanEngineFixture fixture) : RootTests(new PodmanScenarioRuntime(fixture.Root));

/// <summary>In containers of an ordinary user's Podman.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class RootlessPodmanRootTests(PodmanEngineFixture fixture) : RootTests(new RootlessPodmanScenarioRuntime(fixture.Rootless));

/// <summary>In LXC's containers.</summary>
public sealed class LxcRootTests() : RootTests(new LxcScenarioRuntime(unprivileged: false));

/// <summary>In LXC's containers with a user namespace.</summary>
public sealed class UnprivilegedLxcRootTests() : RootTests(new LxcScenarioRuntime(unprivileged: true));

/// <summary>In machines of systemd-nspawn.</summary>
public sealed class NspawnRootTests() : RootTests(new NspawnScenarioRuntime());

/// <summary>In machines of systemd-nspawn with a user namespace.</summary>
public sealed class NspawnUserNamespaceRootTests()
    : RootTests(new NspawnScenarioRuntime("--private-users=pick", "--private-users-ownership=chown"));
