using System.Diagnostics;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>A plugin is reloaded by request, with a container of its runtime running.</summary>
internal static class ReloadBenchmark
{
    private const int Count = 20;

    /// <summary>Milliseconds from the request to its answer, when the new copy is in use.</summary>
    internal static async Task<Samples> RunAsync(BenchServer server)
    {
        Samples samples = new();
        using HttpClient http = ServedEngine.Client(server.Socket);
        for (int i = 0; i < Count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using HttpResponseMessage answer = await http.PostAsync(ControlAddress.PluginReload("Namespaces"), null);
            answer.EnsureSuccessStatusCode();
            samples.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return samples;
    }
}
