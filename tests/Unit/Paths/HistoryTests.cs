using ContainerManager.Host.Paths;
using CsCheck;

namespace ContainerManager.Tests.Unit.Paths;

/// <summary>Random histories of a small tree, read at random moments: what is there in the end is what was reported, whatever happened.</summary>
public sealed class HistoryTests
{
    /// <summary>Deep enough that no link leads out of the test's own directory.</summary>
    private const string Tree = "p/q/r";
    private static readonly Gen<string> Name = Const("a", "b", "c", ".d");
    private static readonly Gen<string> Somewhere = Gen.Select(Name, Name, Name, Gen.Int[1, 3]).Select((x, y, z, depth) => string.Join('/', new[] { x, y, z }[..depth]));
    private static readonly Gen<string> Target = Gen.OneOf(
        Const("..", ".", "../..", "a/../b", "c/", "loop"), Somewhere, Somewhere.Select(path => "../" + path), Somewhere.Select(path => "ROOT/" + path));

    private static readonly (string Path, bool Entries)[] Patterns =
    [
        ("", true), ("a", false), ("a", true), ("a/b", false), ("a/b", true), ("b/a/c", false), ("*", false), ("*", true), ("*/b", false), ("*/*", true),
        ("a/[bc]", false), ("?/?/*", false), (".d/*", true), ("c/.*", false), ("loop/a", false), ("b/*/c", true),
    ];

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (4, Somewhere.Select(path => new Step(nameof(Make), path, ""))),
        (4, Somewhere.Select(path => new Step(nameof(MakeDirectory), path, ""))),
        (3, Somewhere.Select(path => new Step(nameof(Remove), path, ""))),
        (4, Gen.Select(Somewhere, Somewhere).Select((from, to) => new Step(nameof(Move), from, to))),
        (3, Gen.Select(Somewhere, Target).Select((path, target) => new Step(nameof(Link), path, target))),
        (3, Gen.Int[0, 6].Select(pieces => new Step(nameof(PathPump.ReadAndRun), "", $"{pieces}"))));

    [Fact]
    public void What_is_there_in_the_end_is_what_was_reported() =>
        Steps.Array[1, 60].Sample(Play, iter: 200, threads: 1, print: history => string.Join(", ", history));

    private static void Play(Step[] history)
    {
        using PathPump pump = new();
        Directory.CreateDirectory(pump.At(Tree));
        File.CreateSymbolicLink(pump.At(Tree + "/loop"), "loop");
        PathPattern[] patterns = [.. Patterns.Select(it => pump.Watch($"{Tree}/{it.Path}".TrimEnd('/'), it.Entries))];
        foreach (Step step in history)
        {
            Do(step, pump);
        }

        pump.Settle();
        foreach (PathPattern pattern in patterns)
        {
            Assert.Equal(Model.Expand(pattern).OrderBy(it => it.Key), pump.Sink.Of(pattern).OrderBy(it => it.Key));
            pump.Watcher.Unwatch(pattern);
        }

        pump.RunLanes();
        Assert.Equal(pump.UnrelatedWatches, pump.Watches());
    }

    private static void Do(Step step, PathPump pump)
    {
        string path = pump.At($"{Tree}/{step.Path}"), other = step.Other.Replace("ROOT", pump.At(Tree), StringComparison.Ordinal);
        try
        {
            switch (step.What)
            {
                case nameof(Make): Make(path); break;
                case nameof(MakeDirectory): MakeDirectory(path); break;
                case nameof(Remove): Remove(path); break;
                case nameof(Move): Move(path, pump.At($"{Tree}/{other}")); break;
                case nameof(Link): Link(path, other); break;
                default: pump.ReadAndRun(other[0] - '0'); break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not every step is possible everywhere; the kernel decides, and what it made of it is what counts.
        }
    }

    private static void Make(string path) => File.WriteAllText(path, "");

    private static void MakeDirectory(string path) => Directory.CreateDirectory(path);

    private static void Remove(string path)
    {
        if (Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null)
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }

    private static void Move(string from, string to) => Kernel.Rename(from, to);

    private static void Link(string path, string target) => File.CreateSymbolicLink(path, target);

    private static Gen<string> Const(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private readonly record struct Step(string What, string Path, string Other)
    {
        public override string ToString() => $"{What}({Path} {Other})";
    }
}
