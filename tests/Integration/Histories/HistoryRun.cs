namespace ContainerManager.Tests.Integration.Histories;

/// <summary>Lets a history happen in a world of its own; makes a shorter one of it that fails, too.</summary>
internal static class HistoryRun
{
    /// <summary>Each try takes some seconds.</summary>
    private const int MostTries = 60;

    /// <returns>What went wrong, and at which operation; null: nothing.</returns>
    internal static async Task<string?> TryAsync(IReadOnlyList<Operation> history)
    {
        await using HistoryWorld world = await HistoryWorld.BeginAsync();
        for (int i = 0; i < history.Count; i++)
        {
            try
            {
                await world.HappenAsync(history[i]);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException && !TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                return $"{i + 1} ({history[i]}): {failure.Message}";
            }
        }

        return null;
    }

    /// <summary>Leaves out what can be left out: halves first, single operations in the end.</summary>
    internal static async Task<IReadOnlyList<Operation>> ShrinkAsync(IReadOnlyList<Operation> failing)
    {
        int tries = 0;
        for (int length = failing.Count / 2; length >= 1; length /= 2)
        {
            for (int start = 0; start < failing.Count && tries < MostTries;)
            {
                Operation[] shorter = [.. failing.Take(start), .. failing.Skip(start + length)];
                tries++;
                if (shorter.Length > 0 && await TryAsync(shorter) is not null)
                {
                    failing = shorter;
                }
                else
                {
                    start += length;
                }
            }
        }

        return failing;
    }
}
