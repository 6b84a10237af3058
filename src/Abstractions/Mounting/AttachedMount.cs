using System.Collections.Immutable;

namespace ContainerManager.Abstractions;

/// <summary>A mount in a container that is ours.</summary>
/// <param name="Target">Where it is, an absolute path inside.</param>
/// <param name="MountId">The kernel's id of the mount (statx(2) STATX_MNT_ID_UNIQUE; STATX_MNT_ID before Linux 6.8).</param>
/// <param name="Made">The paths inside that were created to mount upon, outermost first; removed again with the mount.</param>
public sealed record AttachedMount(string Target, ulong MountId, ImmutableArray<string> Made);

/// <summary>What shall be mounted where.</summary>
/// <param name="Source">An absolute path on the host.</param>
/// <param name="Target">An absolute path inside.</param>
/// <param name="Options">How.</param>
public sealed record MountRequest(string Source, string Target, MountOptions Options);
