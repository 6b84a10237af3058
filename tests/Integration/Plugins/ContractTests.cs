using ContainerManager.Abstractions;
using ContainerManager.Host.Journaling;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.TestBed;

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
        Assert.Equal("no strategy called record is loaded; there are: namespace, propagation", failed.Reason);

        string folder = bed.Install("Recorder");
        await bed.AttachedAsync();
        string record = Path.Combine(bed.Server.StateDirectory, "plugins/Recorder/record");
        Assert.Null((await bed.AttachedAsync()).MountId); // Nothing was mounted.
        Assert.Equal([$"attach {bed.Source} /source"], await File.ReadAllLinesAsync(record, TestContext.Current.CancellationToken));
        Assert.False(Path.Exists(bed.Inside("/source")));

        // What only the strategy can recognise is written down for it all the same.
        string journal = await File.ReadAllTextAsync(Path.Combine(bed.Server.StateDirectory, "journal"), TestContext.Current.CancellationToken);
        Assert.Contains("\"/source\"", journal, StringComparison.Ordinal);

        File.Delete(bed.Source);
        await bed.Server.UntilGoneAsync("box", "/source");
        Directory.Delete(folder, recursive: true);
        await bed.Server.UntilPluginAsync("Recorder", plugin => plugin is null);
        Assert.Equal(["detach /source"], (await File.ReadAllLinesAsync(record, TestContext.Current.CancellationToken))[1..]);
        Assert.Equal(1, (await bed.Server.PluginsAsync()).LoadContexts);
    }

    /// <summary>What has no mount id, only its strategy can recognise: nobody else may say that it is gone.</summary>
    [Fact]
    public async Task WhatAnAbsentStrategyMadeIsLeftAndRememberedForIt()
    {
        await using PluginBed bed = new(rules: """, "_strategy": "record" """);
        bed.Install("PidFiles");
        Directory.CreateDirectory(bed.Server.StateDirectory, (UnixFileMode)0b111_000_000);
        using (Journal journal = Journal.Open(bed.Server.StateDirectory, out _))
        {
            journal.Attaching(new RecordedAttachment("pidfiles", "box", "/made", bed.Source, MountOptions.Default, MountId: 0, ["/made"]));
        }

        await File.WriteAllTextAsync(bed.Inside("/made"), "", TestContext.Current.CancellationToken);
        await bed.Server.StartAsync();
        await bed.Server.UntilBindingAsync("box", "/source", "failed");
        Assert.True(Path.Exists(bed.Inside("/made")));
        await bed.Server.StopAsync();

        // Before PidFiles, in alphabetical order: it is there when the container is looked at.
        bed.Install("Recorder", "ARecorder");
        await bed.Server.StartAsync();
        await bed.AttachedAsync();
        string record = Path.Combine(bed.Server.StateDirectory, "plugins/ARecorder/record");
        Assert.Equal(["recognise /made", $"attach {bed.Source} /source"], await File.ReadAllLinesAsync(record, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AnEventSourceThatClosesItsOwnDescriptorIsShown()
    {
        await using PluginBed bed = new();
        await bed.Server.StartAsync();
        bed.Install("LosesDescriptors");
        await bed.Server.UntilPluginAsync("LosesDescriptors", plugin => plugin?.State == "loaded");

        await WriteAsync(bed, "first", "own");
        await bed.Server.UntilPluginAsync("LosesDescriptors", plugin => plugin?.Error is not null);
        Ran list = await ContainerUtil.RunAsync(bed.Server.Socket, "plugins");
        Assert.Contains(
            "its event source first failed and was closed: it closed its own descriptor; reload the plugin to open it again", list.Output, StringComparison.Ordinal);
        StatusReply status = await bed.Server.StatusAsync();
        Assert.Contains("it closed its own descriptor", status.Plugins.Single().Error, StringComparison.Ordinal);
        Assert.Null((await bed.Server.ReloadAsync("LosesDescriptors")).Error);
    }

    /// <summary>The loop cannot take out the first. One that stayed in it would keep the plugin in memory.</summary>
    [Fact]
    public async Task AnEventSourceThatCannotBeTakenOutKeepsNoOtherIn()
    {
        await using PluginBed bed = new();
        await bed.Server.StartAsync();
        string folder = bed.Install("LosesDescriptors");
        PluginsReply reply = await bed.Server.UntilPluginAsync("LosesDescriptors", plugin => plugin?.State == "loaded");
        Assert.Equal(["event source first", "event source second"], reply.Plugins.Single().Offers);
        await WriteAsync(bed, "second", "other");

        Directory.Delete(folder, recursive: true);
        await bed.Server.UntilPluginAsync("LosesDescriptors", plugin => plugin is null);
        Assert.Contains("it did not let go", bed.Server.Log, StringComparison.Ordinal);
        Assert.Equal(0, (await bed.Server.PluginsAsync()).LoadContexts);
    }

    private static async Task WriteAsync(PluginBed bed, string source, string word)
    {
        string fifo = Path.Combine(bed.Server.StateDirectory, "plugins/LosesDescriptors", source);
        await File.AppendAllTextAsync(fifo, word, TestContext.Current.CancellationToken);
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        await FileArrival.WaitAsync(fifo + ".done", deadline.Token);
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
