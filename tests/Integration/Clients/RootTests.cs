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
/// The client in roots of all kinds, in every runtime: one static file (scratch); a C library and no shell (distroless); musl in its place (Alpine); Debian's
/// shell and programs. With busybox it is tested by <see cref="RunTests"/>.
/// </summary>
public abstract class RootTests : IAsyncLifetime
{
    private const int Megabytes = 100;
    private const string Debian = "debian";

    /// <summary>Programs at once; in busybox's roots they are 200 always.</summary>
    private static readonly int s_atOnce = int.Parse(Environment.GetEnvironmentVariable("CM_RUNS") ?? "20", CultureInfo.InvariantCulture);
    private static readonly string[] s_kinds = ["scratch", "distroless", "musl", Debian];

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
    public async Task ProgramsRunInRootsOfAllKinds()
    {
        foreach (string kind in s_kinds)
        {
            string name = $"{_prefix}-{kind}";
            await MakeAsync(kind);
            _started.Add(name);
            await _runtime.StartFromAsync(Server, name, _directory[kind], kind == Debian ? ["/bin/sleep", "infinity"] : Words(kind, "sleep"));
            await Server.UntilAsync(reply => reply.Containers.Any(container => container.Name == name && container.State == "running"));
            foreach ((string[] command, int status) in (IEnumerable<(string[], int)>)
                [(Words(kind, "exit 0"), 0), (Words(kind, "exit 1"), 1), (Words(kind, "die"), 137), (["/bin/none"], 127)])
            {
                Ran ran = await ContainerUtil.RunAsync(Server.Socket, ["-c", name, "run", "--", .. command]);
                Assert.True(ran.ExitCode == status && (status == 127 || ran.Error == ""), $"{kind}: {string.Join(' ', command)}: {ran}\n{Server.Log}");
            }

            await CopiesAsync(name, Words(kind, "cat"));
            await HasATerminalAsync(name, Words(kind, "terminal"));
            Ran[] all = await Task.WhenAll(Enumerable.Range(0, s_atOnce).Select(i => ContainerUtil.RunAsync(Server.Socket, ["-c", name, "run", "--", .. Words(kind, $"exit {i % 200}")])));
            Assert.All(all.Index(), ran => Assert.True(ran.Item is { Output: "", Error: "" } && ran.Item.ExitCode == ran.Index % 200, $"{kind}: {ran}"));
        }
    }

    /// <summary>What makes a root of this kind do it: a shell where there is one.</summary>
    private static string[] Words(string kind, string what) => kind != Debian ? ["/app", .. what.Split(' ')] : ["/bin/sh", "-c", what switch
    {
        "die" => "kill -9 $$",
        "cat" => "exec cat",
        "terminal" => "trap 'stty size' WINCH; echo ready; while :; do sleep 1; done",
        _ => what,
    }];

    private async Task MakeAsync(string kind)
    {
        string root = Directory.CreateDirectory(_directory[kind]).FullName;
        foreach (string directory in s_mountPoints)
        {
            Directory.CreateDirectory(Path.Combine(root, directory));
        }

        if (kind == Debian)
        {
            foreach (string directory in (string[])["bin", "lib", "lib64"])
            {
                Directory.CreateDirectory(Path.Combine(root, "usr", directory));
                File.CreateSymbolicLink(Path.Combine(root, directory), $"usr/{directory}");
            }

            foreach (string program in (string[])["/bin/sh", "/bin/cat", "/bin/sleep", "/bin/stty"])
            {
                File.Copy(program, root + program);
                await CopyLibrariesAsync(program, root);
            }

            return;
        }

        string source = Path.Combine(AppContext.BaseDirectory, "Clients/app.c"), app = Path.Combine(root, "app");
        string[] compiler = kind == "musl" ? ["musl-gcc"] : kind == "scratch" ? ["gcc", "-static"] : ["gcc"];
        (await Command.RunAsync(compiler[0], [.. compiler[1..], "-O1", "-o", app, source])).OutputOrThrow();
        if (kind == "musl")
        {
            // One file is the loader and all libraries.
            foreach (string library in Directory.GetFiles("/lib", "ld-musl-*.so.1"))
            {
                CopyFile(library, root);
            }
        }
        else if (kind != "scratch")
        {
            await CopyLibrariesAsync(app, root);
        }
    }

    /// <summary>The loader and the libraries, as ldd(1) names them.</summary>
    private static async Task CopyLibrariesAsync(string program, string root)
    {
        foreach (string library in (await Command.RunAsync("ldd", [program])).OutputOrThrow().Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.StartsWith('/')))
        {
            CopyFile(library, root);
        }
    }

    private static void CopyFile(string path, string root)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root + path)!);
        File.Copy(path, root + path, overwrite: true);
    }

    /// <summary>100 MiB in and out again, byte for byte.</summary>
    private async Task CopiesAsync(string name, string[] cat)
    {
        byte[] block = RandomNumberGenerator.GetBytes(1 << 20);
        using Process copying = ContainerUtil.Start("/", Server.Socket, ["-c", name, "run", "-i", "--", .. cat]);
        Task<byte[]> received = SHA256.HashDataAsync(copying.StandardOutput.BaseStream, Stop).AsTask();
        using IncrementalHash sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < Megabytes; i++)
        {
            sent.AppendData(block);
            await copying.StandardInput.BaseStream.WriteAsync(block, Stop);
        }

        copying.StandardInput.Close();
        Assert.Equal(sent.GetHashAndReset(), await received);
        await copying.WaitForExitAsync(Stop);
        Assert.Equal(0, copying.ExitCode);
    }

    /// <summary>One that becomes as large as ours, and whose ^C ends what runs.</summary>
    private async Task HasATerminalAsync(string name, string[] program)
    {
        string line = $"tty; {ContainerUtil.Binary} --socket {Server.Socket} -c {name} run -it -- {string.Join(' ', program.Select(word => $"\"{word}\""))}; echo status $?";
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
