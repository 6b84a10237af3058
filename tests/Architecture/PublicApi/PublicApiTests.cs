using ContainerManager.Abstractions;

namespace ContainerManager.Tests.Architecture.PublicApi;

public sealed class PublicApiTests
{
    private const string Recorded = "tests/Architecture/Abstractions.public-api.txt";
    private const string Fresh = "out/Abstractions.public-api.txt";

    [Fact]
    public void The_contracts_are_as_recorded()
    {
        string[] now = PublicApiText.Of(typeof(IContainerRuntime).Assembly.GetTypes());
        string file = Path.Combine(Repository.Root, Recorded);
        string[] recorded = File.Exists(file) ? File.ReadAllLines(file) : [];
        File.WriteAllLines(Path.Combine(Repository.Root, Fresh), now);

        Findings.AssertNone(
            Difference(recorded, now),
            $"The contracts that plugins are written against have changed. If that is meant: cp {Fresh} {Recorded}, and say so in CHANGELOG.md.");
    }

    [Fact]
    public void Every_kind_of_change_shows()
    {
        string text = string.Join('\n', PublicApiText.Of(typeof(Samples).GetNestedTypes().Append(typeof(Samples))));

        Assert.Equal(
            """
            static class ContainerManager.Tests.Architecture.PublicApi.Samples
            [Flags] enum (byte) ContainerManager.Tests.Architecture.PublicApi.Samples.Choice
                One = 1
            interface ContainerManager.Tests.Architecture.PublicApi.Samples.IThing : IDisposable
                List<string?>? Find(string? name, in int count, out bool found, int limit = 3)
                string Name { get; }
            readonly record struct ContainerManager.Tests.Architecture.PublicApi.Samples.Id
                Id(int Number)
                int Number { get; init; }
            sealed record ContainerManager.Tests.Architecture.PublicApi.Samples.Thing
                Thing()
                const int Most = 7
                required string? Label { get; init; }
                static Samples.Thing Default { get; }
                uint? Count()
            """,
            text);
    }

    [Fact]
    public void A_difference_names_what_went_and_what_came()
    {
        Assert.Equal(["class A", "- int X { get; }", "+ long X { get; }"], Difference(["class A", "    int X { get; }"], ["class A", "    long X { get; }"]));
        Assert.Empty(Difference(["class A", "    int X { get; }"], ["class A", "    int X { get; }"]));
        Assert.Equal(["class B", "+ class B"], Difference(["class A"], ["class A", "class B"]));
    }

    /// <summary>What went (−) and what came (+), beneath the type it belongs to.</summary>
    private static IEnumerable<string> Difference(string[] before, string[] after)
    {
        (string Type, string Line)[] gone = [.. Placed(before).Except(Placed(after))];
        (string Type, string Line)[] come = [.. Placed(after).Except(Placed(before))];
        return gone.Select(line => (line.Type, Text: $"- {line.Line.Trim()}"))
            .Concat(come.Select(line => (line.Type, Text: $"+ {line.Line.Trim()}")))
            .GroupBy(line => line.Type, line => line.Text)
            .SelectMany(group => group.Prepend(group.Key));
    }

    private static IEnumerable<(string Type, string Line)> Placed(string[] lines)
    {
        string type = "";
        foreach (string line in lines)
        {
            type = line.StartsWith(' ') ? type : line;
            yield return (type, line);
        }
    }
}

#pragma warning disable CA1034 // Nested, so that the test finds them all.
public static class Samples
{
    [Flags]
    public enum Choice : byte
    {
        One = 1,
    }

    public interface IThing : IDisposable
    {
        string Name { get; }

        List<string?>? Find(string? name, in int count, out bool found, int limit = 3);
    }

    public readonly record struct Id(int Number);

    public sealed record Thing
    {
        public const int Most = 7;

        public static Thing Default { get; } = new() { Label = null };

        public required string? Label { get; init; }

        public uint? Count() => Label is null ? null : 1;
    }
}
#pragma warning restore CA1034
