using System.Text;
using System.Text.Json;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Journaling;

/// <summary>What the lines of a journal amount to.</summary>
internal sealed class JournalContent
{
    internal Dictionary<(ContainerId Container, string Target), RecordedAttachment> Attachments { get; } = [];

    internal List<RecordedRequest> Requests { get; } = [];

    /// <summary>Lines that could not be read, other than an unfinished last one.</summary>
    internal int DamagedLines { get; private set; }

    /// <summary>
    /// Reads the bytes of a journal. A last line without an end was being written when the server was killed, before the act: it is passed
    /// over. Mounts of another boot are gone; requests outlive it.
    /// </summary>
    internal static JournalContent Read(ReadOnlySpan<byte> bytes, string boot)
    {
        JournalContent content = new();
        bool sameBoot = false;
        while (bytes.IndexOf((byte)'\n') is >= 0 and int end)
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
            content.Attachments.Clear();
        }

        return content;
    }

    internal void Apply(JournalRecord record)
    {
        if (record.Attach is { } attach)
        {
            Attachments[(attach.Id, attach.Target)] = attach;
        }
        else if (record.Detach is { } detach)
        {
            // A late word of an earlier run says nothing of the mount that is there now.
            if (Attachments.TryGetValue((detach.Id, detach.Target), out RecordedAttachment? there) && there.MountId == detach.MountId)
            {
                Attachments.Remove((detach.Id, detach.Target));
            }
        }
        else if (record.Forget is { } container)
        {
            foreach ((ContainerId Container, string Target) key in Attachments.Keys.Where(key => key.Container.ToString() == container).ToList())
            {
                Attachments.Remove(key);
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
        StringBuilder text = new();
        foreach (JournalRecord record in (IEnumerable<JournalRecord>)
            [
                new JournalRecord { Boot = boot },
                .. Requests.Select(request => new JournalRecord { Bind = request }),
                .. Attachments.Values.Select(attachment => new JournalRecord { Attach = attachment }),
            ])
        {
            text.Append(JsonSerializer.Serialize(record, JournalJson.Default.JournalRecord)).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private JournalRecord? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            if (JsonSerializer.Deserialize(line, JournalJson.Default.JournalRecord) is { SaysNothing: false } record)
            {
                return record;
            }
        }
        catch (JsonException)
        {
            // Told with all others.
        }

        DamagedLines++;
        return null;
    }
}
