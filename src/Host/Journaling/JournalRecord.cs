using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Host.Journaling;

/// <summary>One line of the journal: JSON, so that a person can read it when it matters.</summary>
internal sealed record JournalRecord
{
    /// <summary>First line: the boot in which the mounts exist (<c>/proc/sys/kernel/random/boot_id</c>).</summary>
    public string? Boot { get; init; }

    public RecordedAttachment? Attach { get; init; }

    public RecordedAttachment? Detach { get; init; }

    /// <summary>To be taken away as soon as what lies over it has gone.</summary>
    public RecordedAttachment? Left { get; init; }

    /// <summary>A container that is gone for good.</summary>
    public string? Forget { get; init; }

    public RecordedRequest? Bind { get; init; }

    public RecordedRequest? Unbind { get; init; }

    /// <summary>No line that we write: the name of what it says is damaged, or not ours.</summary>
    internal bool SaysNothing => this == new JournalRecord();
}

/// <summary>
/// A mount that is there or is about to be. Of it and the one it <c>Replaces</c> one is there, should the server be killed meanwhile. Of a device
/// node, which is one of our own, <c>Node</c> says which one of the host it stands for, and <c>Permission</c> that the container was not to be allowed to
/// use it (false) or was (null).
/// </summary>
internal sealed record RecordedAttachment(
    string Runtime,
    string Container,
    string Target,
    string Source,
    MountOptions Options,
    ulong MountId,
    ImmutableArray<string> Made,
    ulong? Replaces = null,
    FileIdentity? Node = null,
    bool? Permission = null)
{
    internal ContainerId Id => new(Runtime, Container);

    internal AttachedMount Mount => new(Target, MountId, Made);

    /// <summary>The mount, when it is there.</summary>
    /// <param name="file">Which file it shows; of a device node of ours, it is known which one it stands for.</param>
    internal Attachment Showing(FileIdentity file) => new(Target, Source, Node ?? file, Options, MountId, Made) { Permission = Permission ?? true };

    internal static RecordedAttachment Of(ContainerId container, Attachment attachment, ulong? replaces = null) => new(
        container.Runtime,
        container.Value,
        attachment.Target,
        attachment.Source,
        attachment.Options,
        attachment.MountId,
        attachment.Made,
        replaces,
        attachment.Identity.IsDevice ? attachment.Identity : null,
        attachment.Permission ? null : false);
}

/// <summary>A binding that somebody asked for beyond the configuration.</summary>
internal sealed record RecordedRequest(string Container, string Source, string Target, MountOptions Options);
