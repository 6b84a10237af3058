namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>Guesses what a misspelled word was meant to be.</summary>
internal static class NearMiss
{
    // Longer than any word the configuration knows; keeps the comparison cheap.
    private const int Longest = 40;

    /// <summary>The most similar of <paramref name="known"/>, or null when none is similar enough to suggest.</summary>
    internal static string? Find(string word, IEnumerable<string> known)
    {
        if (word.Length > Longest)
        {
            return null;
        }

        string plain = Plain(word);
        var best = known
            .Select(candidate => (Candidate: candidate, Distance: DistanceOf(plain, Plain(candidate))))
            .OrderBy(x => x.Distance)
            .ThenBy(x => x.Candidate.Length)
            .FirstOrDefault((Candidate: "", Distance: int.MaxValue));
        return best.Distance <= Math.Max(1, Plain(best.Candidate).Length / 3) ? best.Candidate : null;
    }

    /// <summary>A hint to put into an error; null when there is nothing to suggest.</summary>
    internal static string? Hint(string word, IEnumerable<string> known) =>
        Find(word, known) is { } candidate ? $"did you mean \"{candidate}\"?" : null;

    // Case and the characters that join words differ from style to style: read_only is readOnly.
    private static string Plain(string word) => string.Concat(word.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    private static int DistanceOf(string a, string b)
    {
        // "info" and "plugin" are beginnings, not misspellings; a whole word that begins another is as near as can be.
        return a.Length >= 4 && b.StartsWith(a, StringComparison.Ordinal) ? 0 : EditDistance(a, b);
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.</summary>
    private static int EditDistance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                d[i, j] = i == 0 || j == 0 ? i + j : Step(d, a, b, i, j);
            }
        }

        return d[a.Length, b.Length];
    }

    private static int Step(int[,] d, string a, string b, int i, int j)
    {
        int replaced = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
        int least = Math.Min(replaced, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
        bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        return swapped ? Math.Min(least, d[i - 2, j - 2] + 1) : least;
    }
}
