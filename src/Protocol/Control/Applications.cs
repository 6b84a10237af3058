using System.Collections.Immutable;

namespace ContainerManager.Protocol;

/// <summary>What <c>container-util desktop --json</c> prints.</summary>
/// <param name="Applications">By id.</param>
public sealed record ApplicationsReply(ImmutableArray<ApplicationStatus> Applications);

/// <summary>An application in a container.</summary>
/// <param name="Id">Its desktop file id, without <c>.desktop</c>.</param>
/// <param name="Name">What a person calls it; null where only the export is spoken of.</param>
/// <param name="Exported">Whether it is in the menu of the invoking user.</param>
public sealed record ApplicationStatus(string Id, string? Name, bool Exported);
