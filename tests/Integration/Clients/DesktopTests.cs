using System.Diagnostics;
using System.Globalization;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>Applications of a container in the menu outside, started from there by a program that starts desktop files, on a real X server.</summary>
public sealed class DesktopTests : IAsyncLifetime
{
    private const string Title = "Seen outside";
    private const string Entry = """
        [Desktop Entry]
        Type=Application
        Name=Message
        Name[de]=Nachricht
        Icon=message
        TryExec=/no/such/program
        Exec=xmessage -title "Seen outside" "100%% \\"there\\"" %i
        Categories=Utility;
        X-GNOME-Autostart=true

        """;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly string _display = (10000 + (Environment.ProcessId % 9000)).ToString(CultureInfo.InvariantCulture);
    private readonly TemporaryDirectory _directory = new("desktop");
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    private string Exported => Path.Combine(_directory["data"], "applications", $"container-manager-{_name.Replace("-", "--", StringComparison.Ordinal)}-message.desktop");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_directory["data"]);
        _server = new ServerUnderTest(["Namespaces"], $$"""{ "containerConfigs": { "{{_name}}": { "_inotify_watch": { "/tmp/.X11-unix": "Absolute" } } } }""");
        await _server.StartAsync();
        await SpawnAsync();
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => Server.StopContainerAsync(_name)), CleanUp.Of(_server), CleanUp.Of(_directory));

    [Fact]
    public async Task AnExportedProgramDrawsItsWindowOnOurDisplay()
    {
        await InstallAsync();
        await RunOrThrowAsync("mkdir -p ~/.local/share/icons/hicolor/48x48/apps && echo picture > ~/.local/share/icons/hicolor/48x48/apps/message.png");
        Ran list = await DesktopAsync("list");
        Assert.Equal("message  Message\n", string.Concat(list.Output.Split('\n').Where(line => line.StartsWith("message", StringComparison.Ordinal)).Select(line => line.TrimEnd() + "\n")));
        using HttpClient http = ServedEngine.Client(Server.Socket);
        (await DescribedJson.OfAsync(http, Stop)).AssertFits((await DesktopAsync("list", "--json")).Output, "ApplicationsReply");
        Ran export = await DesktopAsync("export", "message");
        Assert.True(export is { ExitCode: 0, Output: "exported message\n" }, export.ToString());
        Assert.Equal("", (await Command.RunAsync("desktop-file-validate", [Exported])).OutputOrThrow());
        Assert.DoesNotContain("TryExec", await File.ReadAllTextAsync(Exported, Stop), StringComparison.Ordinal);
        string icon = Path.Combine(_directory["data"], "icons/hicolor/48x48/apps", Path.GetFileNameWithoutExtension(Exported) + ".png");
        Assert.Equal("picture\n", await File.ReadAllTextAsync(icon, Stop));

        await using BackgroundProcess x = new(_directory["xvfb.log"], "Xvfb", $":{_display}", "-screen", "0", "640x480x24", "-fbdir", _directory["."], "-nolisten", "tcp", "-ac", "-noreset");
        await Server.UntilBindingAsync(_name, $"/tmp/.X11-unix/X{_display}", "attached");
        byte[] empty = await File.ReadAllBytesAsync(_directory["Xvfb_screen0"], Stop);
        using Process launched = ContainerUtil.StartProgram("/", Server.Socket, "env", $"DISPLAY=:{_display}", "gio", "launch", Exported);
        await UntilAsync(async () => (await Command.RunAsync("xwininfo", ["-display", $":{_display}", "-root", "-tree"])).Output.Contains($"\"{Title}\"", StringComparison.Ordinal));
        await UntilAsync(async () => Differing(empty, await File.ReadAllBytesAsync(_directory["Xvfb_screen0"], Stop)) > 1000);
        if (Environment.GetEnvironmentVariable("CM_KEEP_SCREENSHOT") is { } kept)
        {
            File.Copy(_directory["Xvfb_screen0"], kept, overwrite: true);
        }

        await RunOrThrowAsync("pkill xmessage");
        ContainerUtil.End(launched);

        Assert.Equal("removed message\n", (await DesktopAsync("remove")).Output);
        Assert.False(File.Exists(Exported) || File.Exists(icon));
    }

    [Fact]
    public async Task WhatGoesInsideGoesFromTheMenu()
    {
        using Process watch = ContainerUtil.StartProgram("/", Server.Socket, "env", $"XDG_DATA_HOME={_directory["data"]}", ContainerUtil.Binary, "-c", _name, "desktop", "export", "--watch");
        try
        {
            await RunOrThrowAsync("mkdir -p ~/.local/share/applications");
            await InstallAsync();
            await ExportedAsync(true);
            await RunOrThrowAsync("rm ~/.local/share/applications/message.desktop");
            await ExportedAsync(false);
            await InstallAsync();
            await ExportedAsync(true);
            await Server.StopContainerAsync(_name);
            await ExportedAsync(false);
            await SpawnAsync();
            await InstallAsync();
            await ExportedAsync(true);
        }
        finally
        {
            ContainerUtil.End(watch);
        }
    }

    [Theory]
    [InlineData("Exec=evil \"unfinished")]
    [InlineData("Exec=evil\nExec=/bin/sh -c evil")]
    [InlineData("Exec=evil\nX-KDE-RunOnDiscreteGpu=true\nDBusActivatable=true\nPath=relative")]
    [InlineData("Exec=evil\nActions=more\n[Desktop Action more]\nName=More\nExec=sh -c \"evil $(touch /tmp/x)\"")]
    public async Task NothingOfItIsExecutedOutside(string lines)
    {
        await InstallAsync($"[Desktop Entry]\nType=Application\nName=Evil\n{lines}\n");
        await DesktopAsync("export", "message");
        string[] written = File.Exists(Exported) ? await File.ReadAllLinesAsync(Exported, Stop) : [];
        Assert.All(written.Where(line => line.StartsWith("Exec", StringComparison.Ordinal)), line =>
            Assert.StartsWith($"Exec={ContainerUtil.Binary} --socket {Server.Socket} -c {_name} run --display -- ", line, StringComparison.Ordinal));
        Assert.DoesNotContain(written, line => line.StartsWith("X-KDE", StringComparison.Ordinal) || line.StartsWith("DBus", StringComparison.Ordinal) || line.StartsWith("Path", StringComparison.Ordinal));
        Assert.True(written.Length == 0 || written.Count(line => line.StartsWith("Exec", StringComparison.Ordinal)) == 1 + written.Count(line => line.StartsWith("[Desktop Action", StringComparison.Ordinal)));
    }

    /// <summary>By sudo(8) it is the user's menu, and root does no more in the user's directories than the user could: links there lead nowhere.</summary>
    [Fact]
    public async Task BySudoItIsWrittenWithTheRightsOfTheUser()
    {
        await InstallAsync();
        TestUser user = TestUser.Create(_directory);
        Assert.Equal(0, (await BySudoAsync(user, "export")).ExitCode);
        string applications = Path.Combine(user.Home, ".local/share/applications");
        Assert.Equal($"{user.Id}", (await Command.RunAsync("stat", ["--format", "%u", Path.Combine(applications, Path.GetFileName(Exported))])).OutputOrThrow());

        Directory.Delete(applications, recursive: true);
        Directory.CreateDirectory(_directory["of-root"]);
        Directory.CreateSymbolicLink(applications, _directory["of-root"]);
        Ran refused = await BySudoAsync(user, "export");
        Assert.True(refused.ExitCode == 1 && refused.Error.Contains("cannot be written", StringComparison.Ordinal), refused.ToString());
        Assert.Empty(Directory.GetFileSystemEntries(_directory["of-root"]));
    }

    private async Task<Ran> BySudoAsync(TestUser user, params string[] words)
    {
        using Process process = ContainerUtil.StartProgram("/", Server.Socket, "env", [$"SUDO_UID={user.Id}", ContainerUtil.Binary, "-c", _name, "desktop", .. words]);
        string output = await process.StandardOutput.ReadToEndAsync(Stop), error = await process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop).WaitAsync(Deadline, Stop);
        return new Ran(process.ExitCode, output, error);
    }

    private Task<ContainerStatus> SpawnAsync() => Server.SpawnAsync(new SpawnRequest(_name, ["sleep", "infinity"], Root: null, HostNetwork: false, UserNamespace: false));

    private Task InstallAsync(string entry = Entry) => RunOrThrowAsync(
        $"mkdir -p ~/.local/share/applications && printf %s \"$0\" > ~/.local/share/applications/message.desktop", entry);

    private async Task RunOrThrowAsync(string script, params string[] words)
    {
        Ran ran = await ContainerUtil.RunAsync(Server.Socket, ["-c", _name, "run", "--", "sh", "-c", script, .. words]);
        Assert.True(ran.ExitCode == 0, $"{ran}\n{Server.Log}");
    }

    private async Task<Ran> DesktopAsync(params string[] words)
    {
        using Process process = ContainerUtil.StartProgram("/", Server.Socket, "env", [$"XDG_DATA_HOME={_directory["data"]}", ContainerUtil.Binary, "-c", _name, "desktop", .. words]);
        string output = await process.StandardOutput.ReadToEndAsync(Stop), error = await process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop).WaitAsync(Deadline, Stop);
        return new Ran(process.ExitCode, output, error);
    }

    private async Task ExportedAsync(bool there)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Exported)!);
        using FileSystemWatcher watcher = new(Path.GetDirectoryName(Exported)!);
        using SemaphoreSlim changed = new(0);
        watcher.Renamed += (_, _) => changed.Release();
        watcher.Deleted += (_, _) => changed.Release();
        watcher.EnableRaisingEvents = true;
        while (File.Exists(Exported) != there)
        {
            Assert.True(await changed.WaitAsync(Deadline, Stop), there ? "not exported" : "still there");
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(Deadline);
        while (!await condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static int Differing(byte[] one, byte[] other) => one.Zip(other).Count(pair => pair.First != pair.Second);
}
