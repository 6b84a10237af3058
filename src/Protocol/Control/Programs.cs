using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace ContainerManager.Protocol;

/// <summary><c>POST /v1/containers/NAME/programs</c>: starts a program that nobody waits for. Answered by its <see cref="ProgramStatus"/>.</summary>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Environment">Each <c>NAME=value</c>; null: none.</param>
/// <param name="WorkingDirectory">An absolute path inside; null: the user's home.</param>
/// <param name="User">As whom; null: as whom the container runs its programs.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ProgramRequest(ImmutableArray<string> Command, ImmutableArray<string>? Environment, string? WorkingDirectory, string? User);

/// <summary><c>GET /v1/programs</c>: those that were started without anybody waiting for them, the oldest first.</summary>
/// <param name="Programs">Those that run, and the last ones that have ended.</param>
public sealed record ProgramsReply(ImmutableArray<ProgramStatus> Programs);

/// <summary>One program.</summary>
/// <param name="Id"><c>CONTAINER/NUMBER</c>; the numbers are never used twice while the server runs.</param>
/// <param name="Container">The container's name.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="ProcessId">Its process id as seen inside.</param>
/// <param name="Started">When.</param>
/// <param name="State"><c>running</c>, <c>ended</c>, or <c>lost</c>: the client that had started it is gone, the program perhaps not.</param>
/// <param name="ExitStatus">For <c>ended</c>: 0 to 255, its exit code, or 128 + the number of the signal that killed it.</param>
public sealed record ProgramStatus(
    string Id, string Container, ImmutableArray<string> Command, int ProcessId, DateTimeOffset Started, string State, int? ExitStatus);
