using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ContainerManager.Protocol;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>
/// A file is bound by request, in a running container: over a connection to the control socket that is open, by <c>container-util bind</c>, and by
/// what a person would type without us, <c>nsenter … mount --bind</c> of a path that the container can see already.
/// </summary>
internal sealed class BindBenchmark(BenchServer server, string container, string directory)
{
    private const int Count = 1000;
    private const int Warm = 200;
    private const int Processes = 30;

    /// <summary>Microseconds from the request to its answer; milliseconds of wall time of the two programs.</summary>
    internal (Samples Request, Samples Undo, Samples Tool, Samples Nsenter) Run()
    {
        string source = Path.Combine(directory, "bound");
        File.WriteAllText(source, "x");
        (Samples request, Samples undo, Samples tool, Samples nsenter) = (new(), new(), new(), new());
        using RawRequest raw = new(server.Socket);
        string body = JsonSerializer.Serialize(new BindRequest(source, "/bound", false), ControlJson.Default.BindRequest);
        for (int i = -Warm; i < Count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            raw.Send("POST", ControlAddress.Bindings(container), body);
            double bound = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            start = Stopwatch.GetTimestamp();
            raw.Send("DELETE", ControlAddress.Binding(container, "/bound"), "");
            if (i >= 0)
            {
                request.Add(bound);
                undo.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        string processId = server.Status().Containers.Single(c => c.Name == container).ProcessId!.Value.ToString(CultureInfo.InvariantCulture);
        string[] enter = ["--target", processId, "--mount", "--pid", "--root", "--wd", "--"];
        Programs.Run("nsenter", [.. enter, "sh", "-c", "echo x > /seen; touch /entered"]);
        for (int i = 0; i < Processes; i++)
        {
            tool.Add(server.TimeTool("-c", container, "bind", source, "--to", "/bound"));
            server.Tool("-c", container, "unbind", "/bound");
            nsenter.Add(Programs.Time("nsenter", [.. enter, "mount", "--bind", "/seen", "/entered"]));
            Programs.Run("nsenter", [.. enter, "umount", "/entered"]);
        }

        return (request, undo, tool, nsenter);
    }
}
