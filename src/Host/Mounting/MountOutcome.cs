using System.Collections.Immutable;
using ContainerManager.Linux;

namespace ContainerManager.Host.Mounting;

/// <summary>What came of the actions.</summary>
/// <param name="MountId">The id of the mount that was put in place, or that was found; 0 when there is none.</param>
/// <param name="Identity">Which file it shows.</param>
/// <param name="Made">Mount points that were made now, outermost first.</param>
internal readonly record struct MountOutcome(ulong MountId, FileIdentity Identity, ImmutableArray<string> Made);
