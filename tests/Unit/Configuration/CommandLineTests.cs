using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Startup;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Tests.Unit.Configuration;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("container-manager-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private (ServerOptions Options, ServerConfiguration Configuration)? _ran;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Runs_the_server_with_what_was_said_and_returns_its_code()
    {
        string file = Write("""{ "containerConfigs": { "web": {} }, "settings": { "bindRoot": "/file", "socket": "/file", "unmountOnExit": true } }""");

        int code = await InvokeAsync(
            "--config", file, "--state-dir", "/s//x/", "--socket", "/cl", "--plugins", "/p", "--log-level", "debug", "--unmount-on-exit=false");

        Assert.Equal(42, code);
        Assert.Equal("", _error.ToString());
        Assert.Equal("", _output.ToString());
        Assert.Equal("web", Assert.Single(_ran!.Value.Configuration.Containers).Key.Text);
        ServerOptions options = _ran.Value.Options;
        Assert.Equal(
            (file, "/s/x", "/cl", "/p", "/file", LogLevel.Debug, false),
            (options.ConfigurationFile, options.StateDirectory, options.Socket, options.PluginDirectory, options.BindRoot, options.LogLevel, options.UnmountOnExit));

        // What was said on the command line stays said when the file becomes another.
        ServerOptions later = options.With(new Settings { Socket = "/later", BindRoot = "/later", UnmountOnExit = true });
        Assert.Equal(("/cl", "/later", false), (later.Socket, later.BindRoot, later.UnmountOnExit));
    }

    [Theory]
    [InlineData(true, "--unmount-on-exit")]
    [InlineData(true, "--unmount-on-exit", "true")]
    [InlineData(true, "--unmount-on-exit", "--log-level", "Debug")]
    [InlineData(false, "--unmount-on-exit", "false")]
    [InlineData(false)]
    public async Task Unmounts_on_exit_only_when_told(bool unmounts, params string[] arguments)
    {
        await InvokeAsync(["--config", Write("{}"), .. arguments]);
        Assert.Equal(unmounts, _ran!.Value.Options.UnmountOnExit);
    }

    [Fact]
    public async Task A_relative_path_is_in_the_current_directory()
    {
        await InvokeAsync("--config", Path.GetRelativePath(Environment.CurrentDirectory, Write("{}")), "--state-dir", "./a/../b");
        Assert.Equal(Path.Combine(_directory, "server.conf"), _ran!.Value.Options.ConfigurationFile);
        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "b"), _ran.Value.Options.StateDirectory);
    }

    [Fact]
    public async Task Says_all_that_is_wrong_with_the_file_and_starts_nothing()
    {
        string file = Write("{ \"x\": 1,\n \"settings\": { \"socket\": 1 } }");

        Assert.Equal(2, await InvokeAsync("--config", file));

        Assert.Null(_ran);
        Assert.Equal(
            $"{file}:1:3: x: expected one of containerConfigs, settings, $schema, found \"x\"\n" +
            $"{file}:2:26: settings.socket: expected the absolute path of a socket, found 1\n",
            _error.ToString());
    }

    [Fact]
    public async Task Check_reads_only()
    {
        string file = Write("""{ "containerConfigs": { "a": { "_automount": { "/x": "Host", "/y": "Host" }, "_inotify_watch": { "/z": "Host" } } } }""");

        Assert.Equal(0, await InvokeAsync("--check", "--config", file));

        Assert.Null(_ran);
        Assert.Equal($"{file}: good: 1 container, 2 _automount paths, 1 _inotify_watch path\n", _output.ToString());
    }

    [Fact]
    public async Task Check_of_a_wrong_file_fails()
    {
        Assert.Equal(2, await InvokeAsync("--check", "--config", Write("[")));
        Assert.Equal("", _output.ToString());
        Assert.Contains("server.conf:1:2: expected \"]\"", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_named_file_that_is_missing_is_an_error()
    {
        Assert.Equal(2, await InvokeAsync("--config", Path.Combine(_directory, "no", "such.conf")));
        Assert.Equal(
            $"{_directory}/no/such.conf: expected a configuration file, found nothing (see that the name after --config is right)\n",
            _error.ToString());
        Assert.Null(_ran);
    }

    [Fact]
    public async Task A_directory_is_no_file()
    {
        Assert.Equal(2, await InvokeAsync("--config", _directory));
        Assert.Equal($"{_directory}: expected a file that can be read, found a directory\n", _error.ToString());
    }

    [Fact]
    public void What_never_ends_is_no_file() => Assert.Equal(
        "/dev/zero: expected a file of at most 16 MiB, found more",
        Assert.Single(ConfigurationFile.Load("/dev/zero").Errors).ToString());

    [Theory]
    [InlineData("server: --log-level: expected one of Trace, Debug, Information, Warning, Error, Critical, None, found \"info\" (did you mean \"Information\"?)", "--log-level", "info")]
    [InlineData("found \"2\"", "--log-level", "2")]
    [InlineData("server: --socket: expected a path of at most 107 bytes", "--socket", "/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678")]
    [InlineData("server: --config: expected a path, found \"\"", "--config", "")]
    [InlineData("--config", "--config")]
    [InlineData("server: did you mean \"--socket\"?", "--sokcet", "/x")]
    [InlineData("server: --help shows what there is", "--nothing-like-it")]
    [InlineData("server: a configuration file is named by --config /etc/my.conf", "/etc/my.conf")]
    [InlineData("@file", "@file")]
    [InlineData("maybe", "--unmount-on-exit=maybe")]
    public async Task A_wrong_command_line_is_refused(string message, params string[] arguments)
    {
        Assert.Equal(2, await InvokeAsync(arguments));
        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", _output.ToString());
        Assert.Null(_ran);
    }

    [Fact]
    public async Task Help_says_each_option_with_its_default_and_gives_examples()
    {
        Assert.Equal(0, await InvokeAsync("--help"));
        string[] needed =
        [
            "--config <FILE>", "/etc/container-manager.conf", "--state-dir <DIR>", "/var/lib/container-manager", "--socket <PATH>",
            "/run/container-manager/control.sock", "--plugins <DIR>", "beside the server", "--bind-root <DIR>", "/yacc",
            "--log-level <LEVEL>", "Information", "--unmount-on-exit", "--check", "--version", "Examples:", "Exit codes:",
        ];
        Assert.All(needed, n => Assert.Contains(n, _output.ToString(), StringComparison.Ordinal));
        Assert.Null(_ran);
    }

    [Fact]
    public async Task Version_is_that_of_the_server()
    {
        Assert.Equal(0, await InvokeAsync("--version"));
        Assert.Matches(@"^server \d+\.\d+\.\d+", _output.ToString());
        Assert.Null(_ran);
    }

    private Task<int> InvokeAsync(params string[] arguments) => CommandLine.InvokeAsync(
        arguments,
        (options, configuration) =>
        {
            _ran = (options, configuration);
            return Task.FromResult(42);
        },
        _output,
        _error);

    private string Write(string content)
    {
        string file = Path.Combine(_directory, "server.conf");
        File.WriteAllText(file, content);
        return file;
    }
}
