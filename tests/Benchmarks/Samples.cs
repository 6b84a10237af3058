namespace ContainerManager.Tests.Benchmarks;

/// <summary>Measured values of one kind.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    internal int Count => _values.Count;

    internal double Median => At(0.5);

    internal void Add(double value) => _values.Add(value);

    internal double At(double quantile)
    {
        double[] sorted = [.. _values.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * quantile))];
    }
}
