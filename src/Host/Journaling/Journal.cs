using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ContainerManager.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Journaling;

/// <summary>
/// What the kernel does not remember: which mounts in which container are ours, and what was asked for by hand. Written before the act,
/// so that a server that was killed finds its own mounts again. The page cache suffices: the mounts do not outlive the machine either.
/// </summary>
internal sealed class Journal : IDisposable
{
    private const int MostSpareLines = 4096;
    private readonly Lock _lock = new();
    private readonly JournalContent _content;
    private readonly string _path;
    private readonly string _boot;
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Utf8JsonWriter _json;
    private SafeFileHandle _file;
    private long _length;
    private int _lines;

    private Journal(JournalContent content, string path, string boot)
    {
        _content = content;
        _path = path;
        _boot = boot;
        _json = new Utf8JsonWriter(_line);
        Rewrite();
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

        return new Journal(content, path, boot);
    }

    /// <summary>What is mounted in a container, as far as was recorded.</summary>
    internal IReadOnlyList<RecordedAttachment> AttachmentsOf(ContainerId container)
    {
        lock (_lock)
        {
            return [.. _content.Of(container).Attached];
        }
    }

    /// <summary>What was to be taken away in a container, and could not be.</summary>
    internal IReadOnlyList<RecordedAttachment> LeftIn(ContainerId container)
    {
        lock (_lock)
        {
            return [.. _content.Of(container).Left];
        }
    }

    /// <summary>The ids of all mounts that are recorded.</summary>
    internal IReadOnlyList<ulong> MountIds
    {
        get
        {
            lock (_lock)
            {
                return [.. _content.Containers.SelectMany(container => container.Attached).SelectMany(attachment => attachment.Replaces is { } old ? [attachment.MountId, old] : new[] { attachment.MountId })];
            }
        }
    }

    internal void Attaching(RecordedAttachment attachment) => Append(new JournalRecord { Attach = attachment });

    /// <summary>It was to be taken away, and something lies over it: as soon as that goes, it is. Until then a later server must know of it.</summary>
    internal void Left(RecordedAttachment attachment) => Append(new JournalRecord { Left = attachment });

    internal void Detached(RecordedAttachment attachment) => Append(new JournalRecord { Detach = attachment });

    /// <summary>Nothing of the container is left, and nothing will be.</summary>
    internal void Forget(ContainerId container)
    {
        IReadOnlyList<RecordedAttachment> attachments = AttachmentsOf(container);
        Append(new JournalRecord { Forget = container.ToString() });
        Forgotten?.Invoke(container, attachments);
    }

    /// <summary>A container is forgotten, and what was recorded of it.</summary>
    internal event Action<ContainerId, IReadOnlyList<RecordedAttachment>>? Forgotten;

    internal void Requested(RecordedRequest request) => Append(new JournalRecord { Bind = request });

    internal void Unrequested(RecordedRequest request) => Append(new JournalRecord { Unbind = request });

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _json.Dispose();
    }

    private void Append(JournalRecord record)
    {
        lock (_lock)
        {
            _line.ResetWrittenCount();
            JournalLine.Write(record, _json, _line);
            RandomAccess.Write(_file, _line.WrittenSpan, _length);
            _length += _line.WrittenCount;
            _content.Apply(record);
            if (++_lines > MostSpareLines + (4 * (_content.Mounts + _content.Requests.Count)))
            {
                TryRewrite();
            }
        }
    }

    /// <summary>Where there is no room for it, the journal is as good as it was, and is tidied later.</summary>
    private void TryRewrite()
    {
        try
        {
            Rewrite();
        }
        catch (Exception full) when (full is IOException or UnauthorizedAccessException)
        {
            _lines = 0;
        }
    }

    /// <summary>Writes what is still true beside the file and puts it in its place, so that it never grows for long. Nothing has changed when it fails.</summary>
    [MemberNotNull(nameof(_file))]
    private void Rewrite()
    {
        byte[] content = _content.Write(_boot);
        SafeFileHandle tidied = File.OpenHandle(_path + ".new", FileMode.Create, FileAccess.Write, FileShare.Read);
        try
        {
            RandomAccess.Write(tidied, content, 0);
            File.Move(_path + ".new", _path, overwrite: true);
        }
        catch
        {
            // On a full disk it has what was left.
            tidied.Dispose();
            File.Delete(_path + ".new");
            throw;
        }

        _file?.Dispose();
        (_file, _length, _lines) = (tidied, content.Length, 0);
    }
}
