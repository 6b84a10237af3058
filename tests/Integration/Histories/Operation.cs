using System.Globalization;

namespace ContainerManager.Tests.Integration.Histories;

/// <summary>Something that somebody does. As a line of text, so that a history can be read, kept and replayed.</summary>
/// <param name="Verb">What.</param>
/// <param name="Object">To which of its kind; "" where there is one only.</param>
internal readonly record struct Operation(string Verb, string Object = "")
{
    /// <summary>Nothing is done until what is mounted is what the rules say.</summary>
    internal static readonly Operation Settle = new("settle");

    /// <summary>What there is, and how often in relation to the others.</summary>
    private static readonly (string Verb, int Objects, int Weight)[] s_kinds =
    [
        ("put", 4, 16),
        ("delete", 4, 9),
        ("enter", 4, 8),
        ("leave", 4, 5),
        ("make-directory", 0, 6),
        ("drop-directory", 0, 3),
        ("put-inner", 0, 5),
        ("delete-inner", 0, 3),
        ("mount-over", 0, 3),
        ("unmount-over", 0, 3),
        ("bind", 3, 7),
        ("unbind", 3, 5),
        ("configure", HistoryWorld.Configurations, 6),
        ("unmount-inside", 4, 4),
        ("restart", 2, 3),
        ("stop", 0, 2),
        ("start", 0, 3),
        ("kill-server", 0, 3),
        ("end-server", 0, 2),
        ("reload-plugin", 0, 4),
        ("plug", 2, 5),
        ("unplug", 2, 4),
        ("kill-udevd", 0, 2),
    ];

    internal static IEnumerable<string> Verbs => [Settle.Verb, .. s_kinds.Select(kind => kind.Verb)];

    /// <summary>A history of so many operations, with quiet points in it and one at its end.</summary>
    internal static Operation[] Random(Random random, int count)
    {
        List<Operation> operations = [];
        int quietIn = random.Next(1, 7);
        for (int i = 0; i < count; i++)
        {
            operations.Add(Next(random));
            if (--quietIn == 0)
            {
                operations.Add(Settle);
                quietIn = random.Next(1, 7);
            }
        }

        return [.. operations, Settle];
    }

    internal static Operation Next(Random random)
    {
        int place = random.Next(s_kinds.Sum(kind => kind.Weight));
        foreach ((string verb, int objects, int weight) in s_kinds)
        {
            place -= weight;
            if (place < 0)
            {
                return new Operation(verb, objects == 0 ? "" : random.Next(objects).ToString(CultureInfo.InvariantCulture));
            }
        }

        throw new InvalidOperationException("the weights are wrong");
    }

    /// <exception cref="FormatException">There is no such operation.</exception>
    internal static Operation Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length is 1 or 2 && Verbs.Contains(words[0]) ? new Operation(words[0], words.ElementAtOrDefault(1) ?? "") : throw new FormatException($"no operation: {line}");
    }

    public override string ToString() => Object.Length == 0 ? Verb : $"{Verb} {Object}";
}
