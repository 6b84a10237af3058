using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Startup;
using CsCheck;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Tests.Unit.Configuration;

public sealed class ServerOptionsTests
{
    private static readonly Gen<string?> MaybePath = Gen.Char['a', 'z'].Select(c => $"/{c}").Null();

    private static readonly Gen<Settings> AnySettings = Gen.Select(
        MaybePath, MaybePath, MaybePath, MaybePath, Gen.Enum<LogLevel>().Nullable(), Gen.Bool.Nullable(),
        (state, socket, plugins, root, level, unmount) => new Settings
        {
            StateDirectory = state,
            Socket = socket,
            PluginDirectory = plugins,
            BindRoot = root,
            LogLevel = level,
            UnmountOnExit = unmount,
        });

    [Fact]
    public void Nothing_said_means_the_defaults_of_the_manual()
    {
        ServerOptions options = ServerOptions.Merge("/f", new Settings(), new Settings());

        Assert.Equal("/f", options.ConfigurationFile);
        Assert.Equal("/var/lib/container-manager", options.StateDirectory);
        Assert.Equal("/run/container-manager/control.sock", options.Socket);
        Assert.Equal(Path.Combine(AppContext.BaseDirectory, "plugins"), options.PluginDirectory);
        Assert.Equal("/yacc", options.BindRoot);
        Assert.Equal(LogLevel.Information, options.LogLevel);
        Assert.False(options.UnmountOnExit);
    }

    [Fact]
    public void The_command_line_beats_the_file_and_the_file_the_default() =>
        Gen.Select(AnySettings, AnySettings).Sample((commandLine, file) =>
        {
            ServerOptions merged = ServerOptions.Merge("/f", commandLine, file);
            ServerOptions byFile = ServerOptions.Merge("/f", new Settings(), file);

            Assert.Equal(commandLine.StateDirectory ?? byFile.StateDirectory, merged.StateDirectory);
            Assert.Equal(commandLine.Socket ?? byFile.Socket, merged.Socket);
            Assert.Equal(commandLine.PluginDirectory ?? byFile.PluginDirectory, merged.PluginDirectory);
            Assert.Equal(commandLine.BindRoot ?? byFile.BindRoot, merged.BindRoot);
            Assert.Equal(commandLine.LogLevel ?? byFile.LogLevel, merged.LogLevel);
            Assert.Equal(commandLine.UnmountOnExit ?? byFile.UnmountOnExit, merged.UnmountOnExit);
            Assert.Equal(file.StateDirectory ?? "/var/lib/container-manager", byFile.StateDirectory);
            Assert.Equal(file.Socket ?? "/run/container-manager/control.sock", byFile.Socket);
            Assert.Equal(file.BindRoot ?? "/yacc", byFile.BindRoot);
            Assert.Equal(file.LogLevel ?? LogLevel.Information, byFile.LogLevel);
            Assert.Equal(file.UnmountOnExit ?? false, byFile.UnmountOnExit);
        });
}
