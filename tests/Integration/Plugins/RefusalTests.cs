using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Plugins;

/// <summary>A plugin that cannot be used is one clear line, and nothing else is disturbed.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private readonly PluginBed _bed = new();

    public async ValueTask InitializeAsync()
    {
        await _bed.Server.StartAsync();
        _bed.Install("PidFiles");
        await _bed.AttachedAsync();
    }

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Theory]
    [InlineData("ThrowsAtStart", "failed", "no engine of this kind")]
    [InlineData("OtherMajor", "refused", "built against ContainerManager.Abstractions 99.0.0, this server has 0.1.0")]
    public async Task APluginThatCannotBeUsedSaysWhy(string project, string state, string error)
    {
        _bed.Install(project);

        await ShownAsync(project, state, error);
        Assert.Equal(1, (await _bed.Server.PluginsAsync()).LoadContexts);
    }

    [Fact]
    public async Task WhatIsNoAssemblyOrForeignIsRefused()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_bed.Server.PluginDirectory, "Text")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "Text.dll"), "#!/bin/sh", TestContext.Current.CancellationToken);
        await ShownAsync("Text", "refused", "is not a .NET assembly");

        folder = Directory.CreateDirectory(Path.Combine(_bed.Server.PluginDirectory, "Foreign")).FullName;
        File.Copy(Path.Combine(TestPlugin.Built("PrivateDependency"), "Scrutor.dll"), Path.Combine(folder, "Foreign.dll"));
        await ShownAsync("Foreign", "refused", "Foreign.dll is foreign");
    }

    [Theory]
    [InlineData("chown 1 {}/Recorder.dll", "chown 0 {}/Recorder.dll", "belongs to user 1")]
    [InlineData("chmod o+w {}/Recorder.deps.json", "chmod o-w {}/Recorder.deps.json", "chmod go-w")]
    [InlineData("chmod g+w {}", "chmod g-w {}", "chmod go-w")]
    [InlineData("chmod g+w $(dirname {})", "chmod g-w $(dirname {})", "chmod go-w")]
    public async Task WhatOthersCanChangeIsNotLoaded(string spoil, string mend, string error)
    {
        string stage = TestPlugin.Install("Recorder", _bed["stage"]);
        string folder = Path.Combine(_bed.Server.PluginDirectory, "Recorder");
        bool itself = spoil.Contains("dirname", StringComparison.Ordinal);
        await ShellAsync(spoil, itself ? folder : stage);
        Directory.Move(stage, folder);
        await ShownAsync("Recorder", "refused", error, othersGoOn: !itself);

        await ShellAsync(mend, folder);
        await _bed.Server.UntilPluginAsync("Recorder", plugin => plugin?.State == "loaded");

        // What is loaded reads what it needs from there: it does not go on either.
        await ShellAsync(spoil, folder);
        await _bed.Server.UntilPluginAsync("Recorder", plugin => plugin?.State == "refused" && plugin.Error!.Contains(error, StringComparison.Ordinal));
        await ShellAsync(mend, folder);
        await _bed.Server.UntilPluginAsync("Recorder", plugin => plugin is { State: "loaded", Error: null });
    }

    [Theory]
    [InlineData("rm -r {}")]
    [InlineData("rm {}/PidFiles.dll")]
    public async Task ARuntimeNameIsGivenOnce(string free)
    {
        _bed.Install("PidFiles", "Twin");
        await ShownAsync("Twin", "refused", "its runtime pidfiles is that of plugin PidFiles already");

        // Loaded again, it keeps its name.
        Assert.Equal("loaded", (await _bed.Server.ReloadAsync("PidFiles")).State);
        await ShellAsync(free, Path.Combine(_bed.Server.PluginDirectory, "PidFiles"));
        await _bed.Server.UntilPluginAsync("Twin", plugin => plugin?.State == "loaded");
        await _bed.AttachedAsync();
    }

    [Fact]
    public async Task ADiscoveryThatThrowsIsShownAtItsRuntime()
    {
        _bed.Install("ThrowsInDiscovery");
        await _bed.Server.UntilPluginAsync("ThrowsInDiscovery", plugin => plugin?.State == "loaded");

        File.WriteAllText(Path.Combine(_bed.Watched, "event"), "");
        await _bed.Server.UntilAsync(reply => reply.Runtimes.Any(runtime =>
            runtime is { Name: "throwsindiscovery", State: "failed", Reason: "the engine said something that nobody understands" }));
        await _bed.AttachedAsync();
    }

    [Theory]
    [InlineData("Hangs")]
    [InlineData("HangsAtEnd")]
    public async Task APluginThatHangsIsAbandonedAndShownAsSuch(string plugin)
    {
        string folder = _bed.Install(plugin);
        await _bed.Server.UntilPluginAsync(plugin, shown => shown?.State == "loaded");
        Assert.Contains("abandoned", (await _bed.Server.ReloadAsync(plugin)).Error, StringComparison.Ordinal);

        // Something else to say in between does not make that forgotten.
        string file = Path.Combine(folder, plugin + ".dll");
        byte[] whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);
        await _bed.Server.UntilPluginAsync(plugin, shown => shown?.Error?.Contains("is incomplete", StringComparison.Ordinal) == true);
        await File.WriteAllBytesAsync(file, whole, TestContext.Current.CancellationToken);
        await _bed.Server.UntilPluginAsync(plugin, shown => shown is { State: "loaded" } && shown.Error?.Contains("abandoned", StringComparison.Ordinal) == true);

        Directory.Delete(folder, recursive: true);
        await ShownAsync(plugin, "abandoned", "did not end within 5 s");
        await _bed.AttachedAsync();
    }

    [Theory]
    [InlineData("Hangs")]
    [InlineData("HangsAtEnd")]
    public async Task TheServerEndsThoughAPluginHangs(string plugin)
    {
        _bed.Install(plugin);
        await _bed.Server.UntilPluginAsync(plugin, shown => shown?.State == "loaded");

        await _bed.Server.StopAsync();
        Assert.Equal(0, _bed.Server.ExitCode);
    }

    [Fact]
    public async Task ContainerUtilListsAndReloadsThem()
    {
        _bed.Install("ThrowsAtStart");
        await _bed.Server.UntilPluginAsync("ThrowsAtStart", plugin => plugin?.State == "failed");

        Ran list = await ContainerUtil.RunAsync(_bed.Server.Socket, "plugins");
        Ran good = await ContainerUtil.RunAsync(_bed.Server.Socket, "plugins", "reload", "PidFiles");
        Ran bad = await ContainerUtil.RunAsync(_bed.Server.Socket, "--json", "plugins", "reload", "ThrowsAtStart");
        Ran none = await ContainerUtil.RunAsync(_bed.Server.Socket, "plugins", "reload", "Nobody");

        Assert.Equal(
            "PidFiles 1.0.0 loaded: runtime pidfiles (1 container)\nThrowsAtStart 0.1.0 failed\n  its code failed: InvalidOperationException: no engine of this kind\n",
            list.Output);
        Assert.Equal((0, "PidFiles 1.0.0 loaded: runtime pidfiles (1 container)\n"), (good.ExitCode, good.Output));
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("\"state\":\"failed\"", bad.Output, StringComparison.Ordinal);
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("there is no plugin Nobody", none.Error, StringComparison.Ordinal);
    }

    /// <summary>One line in <c>status</c>, one in the log, and the other plugin goes on.</summary>
    private async Task ShownAsync(string name, string state, string error, bool othersGoOn = true)
    {
        await _bed.Server.UntilPluginAsync(name, plugin => plugin?.State == state && plugin.Error?.Contains(error, StringComparison.Ordinal) == true);
        StatusReply status = await _bed.Server.StatusAsync();
        Assert.Contains(error, status.Plugins.Single(plugin => plugin.Name == name).Error, StringComparison.Ordinal);
        await _bed.Server.UntilLoggedAsync($"plugin {name} {state}");
        Assert.Single(_bed.Server.Log.Split('\n'), line => line.Contains($"plugin {name} {state}", StringComparison.Ordinal));
        if (othersGoOn)
        {
            await _bed.AttachedAsync();
        }
    }

    private static async Task ShellAsync(string command, string folder) =>
        (await Command.RunAsync("/bin/sh", ["-ec", command.Replace("{}", folder, StringComparison.Ordinal)])).OutputOrThrow();
}
