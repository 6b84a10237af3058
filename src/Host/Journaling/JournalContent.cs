using System.Buffers;
using System.Text.Json;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Journaling;

/// <summary>What the lines of a journal amount to.</summary>
internal sealed class JournalContent
{
    private readonly Dictionary<ContainerId, RecordedContainer> _containers = [];

    /// <summary>Nobody looks into it, and nothing is written to it.</summary>
    private static readonly RecordedContainer s_nothing = new();

    internal IReadOnlyCollection<RecordedContainer> Containers => _containers.Values;

    internal List<RecordedRequest> Requests { get; } = [];

    /// <summary>Lines that could not be read, other than an unfinished last one.</summary>
    internal int DamagedLines { get; private set; }

    /// <summary>
    /// Reads the bytes of a journal. A last line without an end was being written when the server was killed, before the act: it is passed
    /// over. Mounts of another boot are gone; requests outlive it.
    /// </summary>
    internal static JournalContent Read(ReadOnlyMemory<byte> bytes, string boot)
    {
        JournalContent content = new();
        bool sameBoot = false;
        while (bytes.Span.IndexOf((byte)'\n') is >= 0 and int end)
        {
            if (content.TryParse(bytes[..end]) is { } record)
            {
                sameBoot = record.Boot is null ? sameBoot : record.Boot == boot;
                content.Apply(record);
            }

            bytes = bytes[(end + 1)..];
        }

        if (!sameBoot)
        {
            content._containers.Clear();
            content.Mounts = 0;
        }

        return content;
    }

    /// <summary>How many mounts are recorded.</summary>
    internal int Mounts { get; private set; }

    /// <summary>What is recorded of a container; to be read only.</summary>
    internal RecordedContainer Of(ContainerId container) => _containers.GetValueOrDefault(container, s_nothing);

    internal void Apply(JournalRecord record)
    {
        if (record.Attach is { } attach)
        {
            Change(attach.Id, container => container.Attach(attach));
        }
        else if (record.Left is { } left)
        {
            Change(left.Id, container => container.Leave(left));
        }
        else if (record.Detach is { } detach)
        {
            Change(detach.Id, container => container.Detach(detach));
        }
        else if (record.Forget is { } forgotten)
        {
            foreach ((ContainerId id, RecordedContainer container) in _containers.Where(entry => entry.Key.ToString() == forgotten).ToList())
            {
                Mounts -= container.Count;
                _containers.Remove(id);
            }
        }
        else if ((record.Bind ?? record.Unbind) is { } request)
        {
            Requests.RemoveAll(other => other.Container == request.Container && other.Target == request.Target);
            Requests.AddRange(record.Bind is null ? [] : [request]);
        }
    }

    /// <summary>The lines that say the same, once each.</summary>
    internal byte[] Write(string boot)
    {
        ArrayBufferWriter<byte> lines = new();
        using Utf8JsonWriter json = new(lines);
        foreach (JournalRecord record in (IEnumerable<JournalRecord>)
            [
                new JournalRecord { Boot = boot },
                .. Requests.Select(request => new JournalRecord { Bind = request }),
                .. _containers.Values.SelectMany(container => container.Attached).Select(attachment => new JournalRecord { Attach = attachment }),
                .. _containers.Values.SelectMany(container => container.Left).Select(attachment => new JournalRecord { Left = attachment }),
            ])
        {
            JournalLine.Write(record, json, lines);
        }

        return lines.WrittenSpan.ToArray();
    }

    private void Change(ContainerId id, Action<RecordedContainer> change)
    {
        RecordedContainer container = _containers.GetValueOrDefault(id) ?? new RecordedContainer();
        int before = container.Count;
        change(container);
        Mounts += container.Count - before;
        if (container.Count == 0)
        {
            _containers.Remove(id);
        }
        else
        {
            _containers[id] = container;
        }
    }

    private JournalRecord? TryParse(ReadOnlyMemory<byte> line)
    {
        try
        {
            if (JournalLine.Read(line) is { SaysNothing: false } record)
            {
                return record;
            }
        }
        catch (FormatException)
        {
            // Told with all others.
        }

        DamagedLines++;
        return null;
    }
}
