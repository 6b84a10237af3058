using ContainerManager.Protocol;

namespace ContainerManager.Tests.Integration.Plugins;

/// <summary>The other two contracts come and go as runtimes do, and each plugin sees the libraries it brings.</summary>
public sealed class ContractTests
{
    [Fact]
    public async Task APluginSeesItsOwnVersionOfALibrary()
    {
        await using PluginBed bed = new();
        await bed.Server.StartAsync();
        bed.Install("PrivateDependency");

        PluginsReply reply = await bed.Server.UntilPluginAsync("PrivateDependency", plugin => plugin?.State == "loaded");

        // The server itself has Scrutor 7.
        Assert.Equal(["event source Scrutor-4"], reply.Plugins.Single().Offers);
    }

    [Fact]
    public async Task AStrategyIsUsedAsSoonAsItIsLoaded()
    {
        await using PluginBed bed = new(rules: """, "_strategy": "record" """);
        await bed.Server.StartAsync();
        bed.Install("PidFiles");
        BindingStatus failed = await bed.Server.UntilBindingAsync("box", "/source", "failed");
        Assert.Equal("no strategy called record is loaded; there are: namespace", failed.Reason);

        string folder = bed.Install("Recorder");
        await bed.AttachedAsync();
        string record = Path.Combine(bed.Server.StateDirectory, "plugins/Recorder/record");
        Assert.Equal([$"attach {bed.Source} /source"], await File.ReadAllLinesAsync(record, TestContext.Current.CancellationToken));
        Assert.False(Path.Exists(bed.Inside("/source")));

        File.Delete(bed.Source);
        await bed.Server.UntilGoneAsync("box", "/source");
        Directory.Delete(folder, recursive: true);
        await bed.Server.UntilPluginAsync("Recorder", plugin => plugin is null);
        Assert.Equal(["detach /source"], (await File.ReadAllLinesAsync(record, TestContext.Current.CancellationToken))[1..]);
        Assert.Equal(1, (await bed.Server.PluginsAsync()).LoadContexts);
    }

    [Fact]
    public async Task AnEventSourceBindsAndIsClosedWhenItThrows()
    {
        await using PluginBed bed = new();
        await bed.Server.StartAsync();
        bed.Install("PidFiles");
        string folder = bed.Install("Fifo");
        await bed.AttachedAsync();
        await bed.Server.UntilPluginAsync("Fifo", plugin => plugin?.State == "loaded");

        await File.AppendAllTextAsync(bed.Fifo, $"bind box {bed.Source} /asked\n", TestContext.Current.CancellationToken);
        await bed.Server.UntilBindingAsync("box", "/asked", "attached");

        await File.AppendAllTextAsync(bed.Fifo, "nonsense\n", TestContext.Current.CancellationToken);
        await bed.Server.UntilPluginAsync(
            "Fifo", plugin => plugin?.Error?.Contains("event source fifo could not be closed: nor can it be closed", StringComparison.Ordinal) == true);
        Assert.Contains("event source fifo failed and was closed: not a request: nonsense", bed.Server.Log, StringComparison.Ordinal);
        await AFaultOutlivesALookAtTheFolderAsync(bed, Path.Combine(folder, "Fifo.dll"));
        Assert.Null((await bed.Server.ReloadAsync("Fifo")).Error);
        await File.AppendAllTextAsync(bed.Fifo, "unbind box /asked\n", TestContext.Current.CancellationToken);
        await bed.Server.UntilGoneAsync("box", "/asked");

        Directory.Delete(folder, recursive: true);
        await bed.Server.UntilPluginAsync("Fifo", plugin => plugin is null);
        Assert.Equal(1, (await bed.Server.PluginsAsync()).LoadContexts);
    }

    /// <summary>That the folder is as it was does not mend what was closed.</summary>
    private static async Task AFaultOutlivesALookAtTheFolderAsync(PluginBed bed, string file)
    {
        byte[] whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);
        await bed.Server.UntilPluginAsync("Fifo", plugin => plugin?.Error?.Contains("Fifo.dll is incomplete", StringComparison.Ordinal) == true);
        await File.WriteAllBytesAsync(file, whole, TestContext.Current.CancellationToken);
        PluginsReply reply = await bed.Server.UntilPluginAsync("Fifo", plugin => plugin?.Error?.Contains("incomplete", StringComparison.Ordinal) != true);
        Assert.Contains("could not be closed", reply.Plugins.Single(plugin => plugin.Name == "Fifo").Error, StringComparison.Ordinal);
    }
}
