using System.Text.Json;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Journaling;

/// <summary>
/// What the kernel does not remember: which mounts in which container are ours, and what was asked for by hand. Written before the act,
/// so that a server that was killed finds its own mounts again. The page cache suffices: the mounts do not outlive the machine either.
/// </summary>
internal sealed class Journal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly JournalContent _content;
    private readonly FileStream _file;

    private Journal(JournalContent content, FileStream file)
    {
        _content = content;
        _file = file;
    }

    /// <summary>Requests that were made before this start.</summary>
    internal IReadOnlyList<RecordedRequest> Requests => _content.Requests;

    /// <summary>Opens the journal in a directory, tidied. A damaged one is kept beside it, and <paramref name="warning"/> says so.</summary>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    internal static Journal Open(string directory, out string? warning)
    {
        string path = Path.Combine(directory, "journal");
        string boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        byte[] bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        JournalContent content = JournalContent.Read(bytes, boot);
        warning = null;
        if (content.DamagedLines > 0)
        {
            File.WriteAllBytes(path + ".damaged", bytes);
            warning = $"{path}: {content.DamagedLines} damaged lines were passed over; mounts they spoke of may stay until their container " +
                $"restarts; the file is kept as {path}.damaged";
        }

        File.WriteAllBytes(path + ".new", content.Write(boot));
        File.Move(path + ".new", path, overwrite: true);
        FileStream file = new(path, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 });
        return new Journal(content, file);
    }

    /// <summary>What is recorded of a container.</summary>
    internal IReadOnlyList<RecordedAttachment> AttachmentsOf(ContainerId container)
    {
        lock (_lock)
        {
            return [.. _content.Attachments.Values.Where(attachment => attachment.Id == container)];
        }
    }

    internal void Attaching(RecordedAttachment attachment) => Append(new JournalRecord { Attach = attachment });

    internal void Detached(RecordedAttachment attachment) => Append(new JournalRecord { Detach = attachment });

    internal void Forget(ContainerId container) => Append(new JournalRecord { Forget = container.ToString() });

    internal void Requested(RecordedRequest request) => Append(new JournalRecord { Bind = request });

    internal void Unrequested(RecordedRequest request) => Append(new JournalRecord { Unbind = request });

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Append(JournalRecord record)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(record, JournalJson.Default.JournalRecord), (byte)'\n'];
        lock (_lock)
        {
            _file.Write(line);
            _content.Apply(record);
        }
    }
}
