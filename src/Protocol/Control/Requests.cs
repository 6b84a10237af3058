using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace ContainerManager.Protocol;

/// <summary><c>POST /v1/containers/NAME/bindings</c>. Answered by the binding's status once it is attached, waiting or failed.</summary>
/// <param name="Source">An absolute path on the host; it may not exist yet.</param>
/// <param name="Target">An absolute path inside; null: the same path.</param>
/// <param name="ReadOnly">Mount it read-only.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BindRequest(string Source, string? Target, bool ReadOnly);

/// <summary><c>POST /v1/containers</c>: starts a container. Answered by its <see cref="ContainerStatus"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Root">A directory that becomes the root; null: the host's /usr, read-only.</param>
/// <param name="HostNetwork">Use the host's network namespace.</param>
/// <param name="UserNamespace">Root inside is not root outside.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SpawnRequest(string Name, ImmutableArray<string> Command, string? Root, bool HostNetwork, bool UserNamespace);

/// <summary>The body of every reply that is not a success.</summary>
/// <param name="Error">What is wrong.</param>
/// <param name="Hint">What to do about it; null where there is nothing to say.</param>
public sealed record ErrorReply(string Error, string? Hint);

/// <summary>One line of <c>GET /v1/events</c> (JSON, one object a line).</summary>
/// <param name="Time">When it happened.</param>
/// <param name="Kind">
/// Such as <c>container-started</c>, <c>attached</c>, <c>detached</c>, <c>failed</c>; <c>lost</c> where the reader was too slow, with how many
/// in <paramref name="Detail"/>.
/// </param>
/// <param name="Container">Its name, where it concerns one.</param>
/// <param name="Source">The path on the host, where it concerns one.</param>
/// <param name="Target">The path inside, where it concerns one.</param>
/// <param name="Detail">More, for a person to read.</param>
public sealed record EventRecord(DateTimeOffset Time, string Kind, string? Container, string? Source, string? Target, string? Detail);
