namespace ContainerManager.Cli.Output;

/// <summary>Which of the containers are on the screen; keys move it, and the view says how many there are.</summary>
internal sealed class TopScroll
{
    private readonly Lock _lock = new();
    private int _first, _lines = 1;

    /// <param name="lines">How far; negative is up.</param>
    internal void MoveLines(int lines)
    {
        lock (_lock)
        {
            _first = (int)Math.Clamp((long)_first + lines, 0, int.MaxValue);
        }
    }

    /// <param name="pages">How far; negative is up.</param>
    internal void MovePages(int pages) => MoveLines(pages * _lines);

    /// <summary>The first that is shown.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="lines">How many are on the screen at once.</param>
    internal int Fit(int count, int lines)
    {
        lock (_lock)
        {
            _lines = Math.Max(1, lines);
            return _first = Math.Clamp(_first, 0, Math.Max(0, count - lines));
        }
    }
}
