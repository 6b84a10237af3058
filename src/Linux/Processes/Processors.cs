using System.Globalization;

namespace ContainerManager.Linux;

/// <summary>The processors of the machine, whichever of them we may use ourselves.</summary>
public static class Processors
{
    /// <summary>The numbers of those that are in use (kernel, admin-guide/cputopology: <c>/sys/devices/system/cpu/online</c>).</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<int> Online() => Parse(File.ReadAllText("/sys/devices/system/cpu/online"));

    /// <summary>Reads a list such as <c>0-3,8,10-11</c>.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public static IReadOnlyList<int> Parse(string list)
    {
        ArgumentNullException.ThrowIfNull(list);
        List<int> processors = [];
        foreach (string range in list.Trim().Split(','))
        {
            string[] ends = range.Split('-');
            if (ends.Length > 2 || !TryRead(ends[0], out int first) || !TryRead(ends[^1], out int last))
            {
                throw new IOException($"'{list.Trim()}' is no list of processors");
            }

            for (int processor = first; processor <= last; processor++)
            {
                processors.Add(processor);
            }
        }

        return processors;
    }

    private static bool TryRead(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
