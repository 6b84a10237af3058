using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Recipes;

/// <summary>
/// The recipes, as they are written: their configuration, and each of their commands. What no machine of ours has (a terminal emulator, a Wayland compositor, a GPU)
/// something stands in for that needs the same of the container.
/// </summary>
public sealed class RecipeTests : IAsyncLifetime
{
    private const string Document = "docs/recipes.md";

    /// <summary>Connects to the display that the environment names, as a program does that draws there.</summary>
    private const string WaylandProgram = """python3 -c 'import os,socket; socket.socket(socket.AF_UNIX).connect(os.environ["WAYLAND_DISPLAY"])'""";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly string _display = (20000 + (Environment.ProcessId % 9000)).ToString(CultureInfo.InvariantCulture);
    private readonly TemporaryDirectory _directory = new("recipe");
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly List<string> _containers = [];
    private readonly List<IDisposable> _open = [];
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _open.ForEach(open => open.Dispose());
        return CleanUp.AllAsync([.. _containers.Select(name => CleanUp.Of(() => _runtime.RemoveAsync(Server, name))), CleanUp.Of(_server), CleanUp.Of(_directory)]);
    }

    [Fact]
    public void EachCommandIsRunHere() => Assert.Equal(["", "X11", "Wayland"], Recipe.WithCommands(Document));

    [Fact]
    public async Task ToLookWhatIsWrong()
    {
        await StartAsync(Recipe.Of(Document, "Gamepads"), "games");
        string[] commands = Recipe.Of(Document, "").Commands;
        Assert.Equal(4, commands.Length);
        Assert.Contains("games running", (await TypeAsync(commands[0])).OutputOrThrow(), StringComparison.Ordinal);
        CommandResult check = await TypeAsync(commands[1]);
        Assert.True(check.Output.StartsWith("games as user 1000\n", StringComparison.Ordinal) && check.Error.Length == 0, check.ToString());
        Assert.Contains("does not match", (await TypeAsync(commands[2].Replace("/dev/input/event7", "/dev/null", StringComparison.Ordinal))).OutputOrThrow(), StringComparison.Ordinal);
        Assert.Contains("preset gamepads", (await TypeAsync(commands[3])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task X11()
    {
        Recipe recipe = Recipe.Of(Document, "X11");
        await StartAsync(recipe, "desk");
        await using BackgroundProcess x = new(_directory["xvfb.log"], "Xvfb", $":{_display}", "-screen", "0", "64x48x24", "-nolisten", "tcp", "-ac");
        await Server.UntilBindingAsync("desk", $"/tmp/.X11-unix/X{_display}", "attached");
        Assert.Equal(2, recipe.Commands.Length);
        Assert.Contains("64x48", (await TypeAsync(Replaced(recipe.Commands[0], "xterm", "xdpyinfo"))).OutputOrThrow(), StringComparison.Ordinal);

        (await TypeAsync("""
            container-util -c desk run -- sh -c 'mkdir -p ~/.local/share/applications && printf "[Desktop Entry]\nType=Application\nName=Message\nExec=xmessage hello\n" > ~/.local/share/applications/message.desktop'
            """)).OutputOrThrow();
        using Process watch = Process.Start(Typed(recipe.Commands[1]))!;
        for (string? line = null; line != "exported message";)
        {
            line = await watch.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(Deadline, Stop);
            Assert.True(line is not null, "it has ended");
        }

        (await Command.RunAsync("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -INT {watch.Id}")])).OutputOrThrow();
        await watch.WaitForExitAsync(Stop).WaitAsync(Deadline, Stop);
    }

    [Fact]
    public async Task Wayland()
    {
        Recipe recipe = Recipe.Of(Document, "Wayland");
        TestUser user = TestUser.Create(_directory);
        await StartAsync(recipe, "desk");
        Listen(user, "wayland-7");
        await Server.UntilBindingAsync("desk", $"{user.RuntimeDirectory}/wayland-7", "attached");
        string command = Replaced(Replaced(Assert.Single(recipe.Commands), "foot", WaylandProgram), "1000", user.Id.ToString(CultureInfo.InvariantCulture));
        (await TypeAsync(command, $"XDG_RUNTIME_DIR={user.RuntimeDirectory}", "WAYLAND_DISPLAY=wayland-7")).OutputOrThrow();
    }

    [Fact]
    public async Task Sound()
    {
        TestUser user = TestUser.Create(_directory);
        await StartAsync(Recipe.Of(Document, "Sound"), "desk");
        Directory.CreateDirectory($"{user.RuntimeDirectory}/pulse");
        Listen(user, "pipewire-0");
        Listen(user, "pulse/native");
        await Server.UntilBindingAsync("desk", $"{user.RuntimeDirectory}/pipewire-0", "attached");
        await Server.UntilBindingAsync("desk", $"{user.RuntimeDirectory}/pulse/native", "attached");
        string[] environment = (await TypeAsync("container-util -c desk run --display -- env", $"XDG_RUNTIME_DIR={user.RuntimeDirectory}")).OutputOrThrow().Split('\n');
        Assert.Contains($"PIPEWIRE_REMOTE={user.RuntimeDirectory}/pipewire-0", environment);
        Assert.Contains($"PULSE_SERVER=unix:{user.RuntimeDirectory}/pulse/native", environment);

        // At logout.
        File.Delete($"{user.RuntimeDirectory}/pipewire-0");
        await Server.UntilGoneAsync("desk", $"{user.RuntimeDirectory}/pipewire-0");
    }

    /// <summary>The nodes that the driver's tools make, for a device that every machine has.</summary>
    [Fact]
    public async Task Nvidia()
    {
        string[] nodes = ["/dev/nvidia99", "/dev/nvidia-caps/nvidia-cap99"];
        Assert.All(nodes, node => Assert.False(Path.Exists(node), $"{node} is there: a run before has left it"));
        bool madeDirectory = !Directory.Exists("/dev/nvidia-caps");
        await StartAsync(Recipe.Of(Document, "NVIDIA GPUs"), "cuda");
        try
        {
            Directory.CreateDirectory("/dev/nvidia-caps");
            foreach (string node in nodes)
            {
                (await Command.RunAsync("mknod", ["--mode=666", node, "c", "1", "5"])).OutputOrThrow();
            }

            foreach (string node in nodes)
            {
                await Server.UntilBindingAsync("cuda", node, "attached");
                Assert.Equal("16", (await TypeAsync($"container-util -c cuda run -- head -c 16 {node} | wc -c")).OutputOrThrow());
            }
        }
        finally
        {
            Array.ForEach(nodes, File.Delete);
            if (madeDirectory)
            {
                Directory.Delete("/dev/nvidia-caps");
            }
        }

        await Server.UntilGoneAsync("cuda", nodes[0]);
    }

    /// <summary>What README says for a quick try.</summary>
    [Fact]
    public async Task WithoutAnEngine()
    {
        string[] commands = [.. Recipe.Of("README.md", "Use").Commands.Where(command => command.Contains(" box", StringComparison.Ordinal))];
        Assert.Equal(3, commands.Length);
        Directory.CreateDirectory(_directory["project"]);
        await File.WriteAllTextAsync(_directory["project/file"], "content", Stop);
        _server = new ServerUnderTest([_runtime.Plugin], "{}");
        await Server.StartAsync();
        string home = $"HOME={_directory.FullPath}";
        (await TypeAsync(commands[0], home)).OutputOrThrow();
        (await TypeAsync(commands[1], home)).OutputOrThrow();
        Assert.Equal("content", (await TypeAsync("container-util -c box run -- cat /project/file", home)).OutputOrThrow());
        (await TypeAsync(commands[2], home)).OutputOrThrow();
        Assert.Empty((await Server.StatusAsync()).Containers.Where(container => container.State == "running"));
    }

    private async Task StartAsync(Recipe recipe, string container)
    {
        _server = new ServerUnderTest([_runtime.Plugin], recipe.Configuration);
        await Server.StartAsync();
        await _runtime.StartAsync(Server, container);
        _containers.Add(container);
    }

    /// <summary>Somebody who listens, as the user's own daemon does.</summary>
    private void Listen(TestUser user, string name)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _open.Add(socket);
        socket.Bind(new UnixDomainSocketEndPoint($"{user.RuntimeDirectory}/{name}"));
        socket.Listen();
        user.Own(user.RuntimeDirectory);
    }

    private static string Replaced(string command, string what, string by)
    {
        Assert.Contains(what, command, StringComparison.Ordinal);
        return command.Replace(what, by, StringComparison.Ordinal);
    }

    private async Task<CommandResult> TypeAsync(string command, params string[] environment)
    {
        using Process process = Process.Start(Typed(command, environment))!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(Stop), error = process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop).WaitAsync(Deadline, Stop);
        return new CommandResult(command, process.ExitCode, await output, await error);
    }

    /// <summary>As at a prompt.</summary>
    private ProcessStartInfo Typed(string command, params string[] environment)
    {
        ProcessStartInfo start = new("/usr/bin/env", [.. environment, "/bin/bash", "-c", $"set -o pipefail; {command}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Installation.Bin}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["CONTAINER_MANAGER_SOCKET"] = Server.Socket;
        start.Environment["DISPLAY"] = $":{_display}";
        start.Environment["XDG_DATA_HOME"] = _directory["data"];
        return start;
    }
}
