using System.Globalization;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Output;

/// <summary>One event on one line.</summary>
internal static class EventView
{
    private const int KindWidth = 18;

    internal static void Write(Terminal terminal, EventRecord record)
    {
        string time = record.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
        terminal.Write(time + " ", Look.Faint).Column(record.Kind, KindWidth, Look.Of(record.Kind));
        IEnumerable<string> words = Words(record);
        terminal.Write(string.Join(' ', words)).Line();
    }

    private static IEnumerable<string> Words(EventRecord record)
    {
        if (record.Container is not null)
        {
            yield return record.Container;
        }

        if (record.Source is not null)
        {
            yield return record.Source;
        }

        if (record.Target is not null)
        {
            yield return $"→ {record.Target}";
        }

        if (record.Detail is not null)
        {
            yield return $"({record.Detail})";
        }
    }
}
