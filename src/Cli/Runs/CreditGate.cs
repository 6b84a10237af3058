namespace ContainerManager.Cli.Runs;

/// <summary>How many bytes may still be sent. Who has none waits.</summary>
internal sealed class CreditGate(int bytes)
{
    private readonly object _lock = new();
    private int _bytes = bytes;

    /// <summary>Adds to it.</summary>
    internal void Give(int more)
    {
        lock (_lock)
        {
            _bytes += more;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Takes as many as there are, at least one and at most <paramref name="most"/>.</summary>
    internal int Take(int most)
    {
        lock (_lock)
        {
            while (_bytes == 0)
            {
                Monitor.Wait(_lock);
            }

            int taken = Math.Min(_bytes, most);
            _bytes -= taken;
            return taken;
        }
    }
}
