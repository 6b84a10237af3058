using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>
/// Every reader of what others have written, with what is in its corpus and with inputs made of that. From the environment: <c>CM_FUZZ</c>, how many inputs for
/// each target; <c>CM_FUZZ_SEED</c>; <c>CM_FUZZ_TARGETS</c>, names of those that are meant;
/// <c>CM_FUZZ_FOUND</c>, a directory that inputs are put into that went wrong. <c>./fuzz.sh</c> sets them.
/// </summary>
public sealed class FuzzTests
{
    /// <summary>In the run of all unit tests: a few seconds for all targets.</summary>
    private const int UsualCount = 1000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private static readonly string? Found = Environment.GetEnvironmentVariable("CM_FUZZ_FOUND");

    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(target => target.Name)
        .Where(name => Environment.GetEnvironmentVariable("CM_FUZZ_TARGETS") is not { Length: > 0 } meant || meant.Split(' ').Contains(name))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Everything_in_the_corpus_is_read(string name)
    {
        FuzzTarget target = Named(name);
        Assert.InRange(target.Corpus.Count, 5, 100);
        foreach ((string entry, byte[] content) in target.Corpus)
        {
            Read(target, content, $"entry {entry}");
        }

        Assert.True(target.Corpus.Count(entry => target.Read(entry.Content)) > target.Corpus.Count / 3, "a corpus of refusals does not lead far");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_input_confuses_the_reader(string name)
    {
        FuzzTarget target = Named(name);
        int count = Number("CM_FUZZ") ?? UsualCount, seed = Number("CM_FUZZ_SEED") ?? 1, understood = 0;
        Mutation mutation = new(target.Corpus.Select(entry => entry.Content), target.Words, seed);
        using LastInput last = new(Found, name);
        long begin = Stopwatch.GetTimestamp();
        for (int index = 0; index < count; index++)
        {
            byte[] input = mutation.Next();
            last.Is(input);
            if (Read(target, input, $"seed {seed}, input {index}"))
            {
                understood++;
                mutation.Keep(input);
            }
        }

        if (Number("CM_FUZZ") is not null)
        {
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            Console.WriteLine($"fuzz {name,-18}{count,12:N0} inputs {seconds,8:F1} s {count / seconds,10:N0}/s  {100.0 * understood / count,5:F1} % understood");
        }
    }

    private static FuzzTarget Named(string name) => FuzzTargets.All.Single(target => target.Name == name);

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static bool Read(FuzzTarget target, byte[] input, string which)
    {
        try
        {
            long begin = Stopwatch.GetTimestamp();
            bool understood = target.Read(input);
            if (Stopwatch.GetElapsedTime(begin) > Limit && QuickestOf(target, input) is var time && time > Limit)
            {
                throw new TimeoutException($"takes {time.TotalSeconds:F1} s");
            }

            return understood;
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{target.Name}, {which}: {failure.Message}{Kept(target, input)}\nConvert.FromHexString(\"{Convert.ToHexString(input)}\")", failure);
        }
    }

    /// <summary>The machine may have been busy with something else: it counts only if it is slow each time.</summary>
    private static TimeSpan QuickestOf(FuzzTarget target, byte[] input) => Enumerable.Range(0, 3).Min(_ =>
    {
        long begin = Stopwatch.GetTimestamp();
        target.Read(input);
        return Stopwatch.GetElapsedTime(begin);
    });

    private static string Kept(FuzzTarget target, byte[] input)
    {
        if (Found is null)
        {
            return "";
        }

        string directory = Path.Combine(Found, target.Name), file = Path.Combine(directory, Convert.ToHexString(SHA256.HashData(input))[..12]);
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(file, input);
        return $"\nkept as {file}";
    }
}
