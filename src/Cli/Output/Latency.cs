using System.Globalization;

namespace ContainerManager.Cli.Output;

/// <summary>How long mounting takes, from the server's histogram in the text format of Prometheus.</summary>
internal static class Latency
{
    private const string Bucket = "container_manager_step_duration_seconds_bucket{step=\"attach\",result=\"ok\",le=\"";

    /// <summary>Such as <c>mount p50 ≤ 0.1 ms, p99 ≤ 0.5 ms</c>; null where nothing was mounted yet.</summary>
    internal static string? Of(string metrics)
    {
        (string UpTo, long Count)[] buckets =
        [
            .. metrics.Split('\n').Where(static line => line.StartsWith(Bucket, StringComparison.Ordinal)).Select(static line => line[Bucket.Length..].Split("\"} "))
                .Select(static parts => (parts[0], long.Parse(parts[1], CultureInfo.InvariantCulture))),
        ];
        return buckets is [.., { Count: > 0 } all] ? $"mount p50 {Within(buckets, all.Count / 2.0)}, p99 {Within(buckets, all.Count * 0.99)}" : null;
    }

    private static string Within((string UpTo, long Count)[] buckets, double rank)
    {
        string upTo = Array.Find(buckets, bucket => bucket.Count >= rank).UpTo;
        return double.TryParse(upTo, CultureInfo.InvariantCulture, out double seconds) && double.IsFinite(seconds)
            ? string.Create(CultureInfo.InvariantCulture, $"≤ {seconds * 1000:0.###} ms")
            : "> 10 s";
    }
}
