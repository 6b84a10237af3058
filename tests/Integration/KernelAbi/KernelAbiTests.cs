using System.Runtime.InteropServices;

namespace ContainerManager.Tests.Integration.KernelAbi;

/// <summary>Asks the C compiler whether our constants and structures are the kernel's.</summary>
public sealed class KernelAbiTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_constant_is_mapped_to_C()
    {
        AssertNone(OurNumbers.Constants(OurNumbers.Types).Unmapped);
    }

    [Fact]
    public async Task Every_constant_has_the_value_of_the_headers()
    {
        IReadOnlyList<KernelConstant> ours = OurNumbers.Constants(OurNumbers.Types).Known;
        Dictionary<string, ulong> headers = await Headers.ValuesAsync(ours.Select(constant => constant.Expression));
        foreach (KernelConstant constant in ours.Where(constant => !headers.ContainsKey(constant.Expression)))
        {
            string source = Vocabulary.Recorded.TryGetValue(constant.Expression, out (ulong, string Source) record) ? record.Source : "nothing";
            output.WriteLine($"{constant.Expression} is not in this machine's headers; compared with {source}");
        }

        Assert.True(ours.Count > 40, $"only {ours.Count} constants were found");
        AssertNone(Comparison.Differences(ours, headers, Vocabulary.Recorded));
    }

    [Fact]
    public async Task Every_structure_has_the_layout_of_the_headers()
    {
        IReadOnlyList<KernelStructure> structures = OurNumbers.Structures(OurNumbers.Types);

        Assert.True(structures.Count >= 6, $"only {structures.Count} structures were found");
        AssertNone(await DifferencesAsync(structures));
    }

    [Fact]
    public void The_vocabulary_names_nothing_that_is_gone()
    {
        IEnumerable<string> names = OurNumbers.Types.SelectMany(type =>
            type.GetFields(OurNumbers.Everything).Select(field => $"{type.Name}.{field.Name}").Append(type.Name));

        AssertNone(Vocabulary.Expressions.Keys.Concat(Vocabulary.OursAlone.Keys).Concat(Vocabulary.Fields.Keys)
           .Except(names));
    }

    [Fact]
    public async Task A_wrong_or_unknown_constant_is_found()
    {
        KernelConstant[] wrong = [new("Sample.Wrong", "O_CLOEXEC", 1, 32), new("Sample.Unknown", "NO_SUCH_THING", 1, 32), new("Sample.Recorded", "RECORDED", 1, 64)];

        string[] differences = [.. Comparison.Differences(
            wrong, await Headers.ValuesAsync(wrong.Select(constant => constant.Expression)), new Dictionary<string, (ulong, string)> { ["RECORDED"] = (2, "a file") })];

        Assert.Collection(
            differences,
            line => Assert.Contains("O_CLOEXEC is 0x80000", line, StringComparison.Ordinal),
            line => Assert.Contains("no header", line, StringComparison.Ordinal),
            line => Assert.Contains("a file says 0x2", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_number_without_a_name_in_C_is_reported()
    {
        Assert.Equal(["Sample.Nameless"], OurNumbers.Constants([typeof(Sample)]).Unmapped);
    }

    [Fact]
    public async Task A_wrong_structure_is_found()
    {
        string[] differences = [.. await DifferencesAsync(OurNumbers.Structures([typeof(epoll_event), typeof(no_such_structure)]))];

        Assert.Contains(differences, line => line.StartsWith("struct epoll_event.data: offset and size are", StringComparison.Ordinal));
        Assert.Contains(differences, line => line.StartsWith("struct no_such_structure", StringComparison.Ordinal));
    }

    /// <summary>Unlike <c>Assert.Empty</c>, shows every line in full.</summary>
    private static void AssertNone(IEnumerable<string> lines)
    {
        string text = string.Join('\n', lines);
        Assert.True(text.Length == 0, text);
    }

    private static async Task<IEnumerable<string>> DifferencesAsync(IEnumerable<KernelStructure> structures) =>
        (await Task.WhenAll(structures.Select(Comparison.DifferencesAsync))).SelectMany(lines => lines);

    private static class Sample
    {
        internal const int Nameless = 1;
        internal const string Text = "not a number";
    }

#pragma warning disable CS0649, CS8981 // Named as in C, and only looked at.
    [StructLayout(LayoutKind.Sequential)]
    private struct epoll_event
    {
        internal int events;
        internal int data;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct no_such_structure
    {
        internal int field;
    }
#pragma warning restore CS0649, CS8981
}
