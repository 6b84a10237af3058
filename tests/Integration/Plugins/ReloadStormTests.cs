using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Docker;

namespace ContainerManager.Tests.Integration.Plugins;

/// <summary>
/// Many reloads in a row while files come and go: nothing is lost, touched or leaked. Each plugin has a container that runs.
/// </summary>
[Collection(nameof(DockerCollection))]
public sealed partial class ReloadStormTests(DockerEngineFixture fixture)
{
    private const int LastReloads = 30;

    /// <summary>The thread pool ends a thread that has been idle for 20 s.</summary>
    private static readonly TimeSpan CalmWithin = TimeSpan.FromSeconds(60);

    /// <summary>What the server's memory may be, as a part of what it was.</summary>
    private const double Growth = 1.05;

    /// <summary>
    /// All code is compiled once and for good. Otherwise what runs often is compiled better, which makes the memory grow for about 300 reloads (65 MB
    /// at first, 81 after 300), and hides a leak.
    /// </summary>
    private static readonly string[] s_compiledOnce = ["DOTNET_TieredCompilation=0"];

    /// <param name="plugin">Which.</param>
    /// <param name="warmUp">How often it is reloaded before anything is measured.</param>
    /// <param name="reloads">How often then.</param>
    [Theory]
    [InlineData("PidFiles", 60, 100)]
    [InlineData("Namespaces", 60, 200)]
    [InlineData("Docker", 40, 60)]
    public async Task NothingIsLostTouchedOrLeaked(string plugin, int warmUp, int reloads)
    {
        await using PluginBed bed = new(["Namespaces", "Docker"], dockerSocket: fixture.Engine.SocketPath, environment: s_compiledOnce);
        await bed.Server.StartAsync();
        bed.Install("PidFiles");
        await bed.Server.SpawnAsync(new SpawnRequest("other", ["sleep", "infinity"], Root: null, HostNetwork: false, UserNamespace: false));
        try
        {
            await fixture.Engine.RunAsync("docked");
            await StormAsync(bed, plugin, warmUp, reloads);
        }
        finally
        {
            await fixture.Engine.RemoveAsync("docked");
            await bed.Server.StopContainerAsync("other");
        }
    }

    private static async Task StormAsync(PluginBed bed, string plugin, int warmUp, int reloads)
    {
        ulong?[] before = await MountIdsAsync(bed);
        Facts warm = await ReloadAsync(bed, plugin, warmUp);
        Facts after = await ReloadAsync(bed, plugin, reloads);
        PluginsReply reply = await bed.Server.PluginsAsync();
        Assert.Equal(before, await MountIdsAsync(bed));
        Assert.DoesNotContain("ContainerStopped", bed.Server.Log, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine($"{plugin}: {warm} → {after}");
        Assert.True(after.Resident < warm.Resident * Growth, $"{warm} → {after}");

        // The thread pool's come and go, with what they hold: on a busy machine some seconds after the last reload. A leak would be one for each, and stay.
        Facts calm = after;
        for (long begun = Stopwatch.GetTimestamp(); !IsAs(warm, calm) && Stopwatch.GetElapsedTime(begun) < CalmWithin; await Task.Yield())
        {
            calm = await Facts.OfAsync(bed);
        }

        Assert.True(IsAs(warm, calm), $"{warm} → {after} → {calm}");
        Assert.Equal(reply.Plugins.Count(one => one.State == "loaded"), reply.LoadContexts);
        bed.Server.AssertEveryThreadAtHome();
    }

    private static bool IsAs(Facts warm, Facts now) => now.Threads <= warm.Threads + 5 && now.Descriptors <= warm.Descriptors + 5;

    private static async Task<ulong?[]> MountIdsAsync(PluginBed bed) =>
        [(await bed.AttachedAsync()).MountId, (await bed.AttachedAsync("other")).MountId, (await bed.AttachedAsync("docked")).MountId];

    /// <returns>
    /// How it is at the end; of the memory, the least of the last reloads, when the collector has just run: what stays, and not how long it has not run.
    /// </returns>
    private static async Task<Facts> ReloadAsync(PluginBed bed, string plugin, int times)
    {
        long resident = long.MaxValue;
        for (int i = 0; i < times; i++)
        {
            if (i >= times - LastReloads)
            {
                resident = Math.Min(resident, (await Facts.OfAsync(bed)).Resident);
            }

            string file = Path.Combine(bed.Watched, (i % 8).ToString(CultureInfo.InvariantCulture));
            await File.WriteAllTextAsync(file, "there", TestContext.Current.CancellationToken);
            PluginStatus status = await bed.Server.ReloadAsync(plugin);
            Assert.True(status is { State: "loaded", Error: null }, status.ToString());
            if (i % 2 == 1)
            {
                File.Delete(file);
            }
        }

        // The load goes as it came, so that the same is measured before and after.
        Array.ForEach(Directory.GetFiles(bed.Watched), File.Delete);
        await bed.Server.UntilAsync(reply => reply.Containers.SelectMany(container => container.Bindings)
            .All(binding => !binding.Target.StartsWith("/watched/", StringComparison.Ordinal)));
        return (await Facts.OfAsync(bed)) with { Resident = resident };
    }

    /// <summary>What /proc says of the server.</summary>
    private sealed partial record Facts(long Resident, int Threads, int Descriptors)
    {
        internal static async Task<Facts> OfAsync(PluginBed bed)
        {
            string status = await File.ReadAllTextAsync($"/proc/{bed.Server.ProcessId}/status", TestContext.Current.CancellationToken);
            return new Facts(
                long.Parse(ResidentPattern().Match(status).Groups[1].Value, CultureInfo.InvariantCulture),
                Directory.GetDirectories($"/proc/{bed.Server.ProcessId}/task").Length,
                Directory.GetFiles($"/proc/{bed.Server.ProcessId}/fd").Length);
        }

        [GeneratedRegex(@"VmRSS:\s+(\d+)")]
        private static partial Regex ResidentPattern();
    }
}
