using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Plugins;

/// <summary>Plugins come, are replaced and go while the real server runs.</summary>
public sealed class HotLoadingTests : IAsyncLifetime
{
    /// <summary>A second is what it takes; more is for a machine that is busy otherwise.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private readonly PluginBed _bed = new();

    public async ValueTask InitializeAsync() => await _bed.Server.StartAsync();

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task AFolderDroppedInIsLoadedAndItsContainersAppear()
    {
        _bed.Install("PidFiles");

        PluginStatus plugin = await LoadedAsync("PidFiles", "1.0.0");

        Assert.Equal(["runtime pidfiles"], plugin.Offers);
        await _bed.AttachedAsync();
        Assert.Equal("source", await File.ReadAllTextAsync(_bed.Inside("/source"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("by rename")]
    [InlineData("in place")]
    public async Task AReplacedAssemblyIsReloadedAndNoMountIsTouched(string how)
    {
        string folder = _bed.Install("PidFiles");
        BindingStatus before = await _bed.AttachedAsync();
        string assembly = Path.Combine(folder, "PidFiles.dll");
        if (how == "by rename")
        {
            File.Copy(TestPlugin.Assembly("PidFiles2"), assembly + ".new");
            File.Move(assembly + ".new", assembly, overwrite: true);
        }
        else
        {
            await File.WriteAllBytesAsync(assembly, await File.ReadAllBytesAsync(TestPlugin.Assembly("PidFiles2"), TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        }

        await LoadedAsync("PidFiles", "2.0.0");
        await ServesAgainAsync();

        Assert.Equal(before.MountId, (await _bed.AttachedAsync()).MountId);
        Assert.DoesNotContain("ContainerStopped", _bed.Server.Log, StringComparison.Ordinal);
        Assert.Equal(1, (await _bed.Server.PluginsAsync()).LoadContexts);
    }

    [Fact]
    public async Task AReplacedPrivateDependencyReloadsThePlugin()
    {
        string folder = _bed.Install("PrivateDependency");
        await LoadedAsync("PrivateDependency", "0.1.0");
        await using (FileStream library = File.Open(Path.Combine(folder, "Scrutor.dll"), FileMode.Append))
        {
            library.WriteByte(0); // Behind the image: another file, the same library.
        }

        await _bed.Server.UntilPluginAsync("PrivateDependency", _ => _bed.Server.Log.Split("plugin PrivateDependency loaded").Length > 2);
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("assembly")]
    public async Task ADeletedPluginLeavesItsMountsAndFindsThemAgain(string what)
    {
        string folder = _bed.Install("PidFiles");
        BindingStatus before = await _bed.AttachedAsync();
        if (what == "folder")
        {
            Directory.Delete(folder, recursive: true);
            await _bed.Server.UntilPluginAsync("PidFiles", plugin => plugin is null);
        }
        else
        {
            File.Delete(Path.Combine(folder, "PidFiles.dll"));
            await StateAsync("PidFiles", "incomplete", "waiting for PidFiles.dll");
        }

        await _bed.Server.UntilAsync(reply => reply.Containers.All(container => container.ProcessId is null));
        Assert.Equal("source", await File.ReadAllTextAsync(_bed.Inside("/source"), TestContext.Current.CancellationToken));
        Assert.Equal(0, (await _bed.Server.PluginsAsync()).LoadContexts);

        _bed.Install("PidFiles");
        Assert.Equal(before.MountId, (await _bed.AttachedAsync()).MountId);
    }

    [Fact]
    public async Task AHalfCopiedAssemblyIsWaitedFor()
    {
        byte[] assembly = await File.ReadAllBytesAsync(TestPlugin.Assembly("PidFiles"), TestContext.Current.CancellationToken);
        string path = Path.Combine(_bed.Server.PluginDirectory, "PidFiles", "PidFiles.dll");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // As cp(1) does it: without a lock, which would tell that somebody writes.
        await using (FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
        {
            await file.WriteAsync(assembly.AsMemory(0, assembly.Length / 2), TestContext.Current.CancellationToken);
            await file.FlushAsync(TestContext.Current.CancellationToken);
            await StateAsync("PidFiles", "incomplete", "waiting for the rest");
            await file.WriteAsync(assembly.AsMemory(assembly.Length / 2), TestContext.Current.CancellationToken);
        }

        await _bed.AttachedAsync();
    }

    [Fact]
    public async Task WhatRunsGoesOnWhileItsSuccessorIsNotWhole()
    {
        string folder = _bed.Install("PidFiles");
        await _bed.AttachedAsync();
        byte[] assembly = await File.ReadAllBytesAsync(TestPlugin.Assembly("PidFiles2"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(folder, "PidFiles.dll"), assembly[..(assembly.Length / 2)], TestContext.Current.CancellationToken);
        await StateAsync("PidFiles", "loaded", "what was loaded before goes on: PidFiles.dll is incomplete");
        await ServesAgainAsync();

        await File.WriteAllBytesAsync(Path.Combine(folder, "PidFiles.dll"), assembly, TestContext.Current.CancellationToken);
        await LoadedAsync("PidFiles", "2.0.0");
    }

    [Fact]
    public async Task APluginDirectoryThatIsMissingIsWaitedFor()
    {
        await _bed.Server.StopAsync();
        Directory.Delete(_bed.Server.PluginDirectory);
        await _bed.Server.StartAsync();
        Assert.Empty((await _bed.Server.PluginsAsync()).Plugins);

        _bed.Install("PidFiles");
        await _bed.AttachedAsync();
    }

    [Fact]
    public async Task APluginDirectoryMayBeALinkThatIsSwapped()
    {
        TestPlugin.Install("PidFiles", _bed["one"]);
        TestPlugin.Install("PidFiles2", _bed["two"], "PidFiles");
        Directory.Delete(_bed.Server.PluginDirectory);
        Directory.CreateSymbolicLink(_bed.Server.PluginDirectory, _bed["one"]);
        await LoadedAsync("PidFiles", "1.0.0");
        BindingStatus before = await _bed.AttachedAsync();

        Directory.CreateSymbolicLink(_bed["link"], _bed["two"]);
        (await Command.RunAsync("mv", ["--no-target-directory", _bed["link"], _bed.Server.PluginDirectory])).OutputOrThrow();

        await LoadedAsync("PidFiles", "2.0.0");
        Assert.Equal(before.MountId, (await _bed.AttachedAsync()).MountId);
    }

    private async Task<PluginStatus> LoadedAsync(string name, string version)
    {
        PluginsReply reply = await _bed.Server.UntilPluginAsync(name, plugin => plugin is { State: "loaded", Error: null } && plugin.Version == version, Soon);
        return reply.Plugins.Single(plugin => plugin.Name == name);
    }

    private Task<PluginsReply> StateAsync(string name, string state, string error) => _bed.Server.UntilPluginAsync(
        name, plugin => plugin?.State == state && plugin.Error?.Contains(error, StringComparison.Ordinal) == true);

    /// <summary>A container that comes now is found.</summary>
    private async Task ServesAgainAsync()
    {
        File.Copy(Path.Combine(_bed.PidFiles, "box.pid"), Path.Combine(_bed.PidFiles, "late.pid"));
        await _bed.Server.UntilAsync(reply => reply.Containers.Any(container => container is { Name: "late", State: "running" }));
    }
}
