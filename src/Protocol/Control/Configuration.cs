using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ContainerManager.Protocol;

/// <summary><c>GET /v1/config</c>: the configuration in force. Also the answer to <c>POST /v1/config/reload</c>.</summary>
/// <param name="File">The main file.</param>
/// <param name="Files">All that are read, as they are now.</param>
/// <param name="Since">Since when it is in force.</param>
/// <param name="Errors">What is wrong with the files as they are now, which are therefore not in force; empty: nothing.</param>
/// <param name="Effective">What is in force, as a file of its own: with the rules of presets in the place of their names, and each setting.</param>
public sealed record ConfigurationReply(
    string File, ImmutableArray<ConfigurationText> Files, DateTimeOffset Since, ImmutableArray<string> Errors, JsonElement Effective);

/// <summary>A configuration file.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Text">What it says; null: it cannot be read now.</param>
public sealed record ConfigurationText(string Path, string? Text);

/// <summary><c>POST /v1/config/check</c> and <c>POST /v1/config/diff</c>: a file that could take the place of the main one.</summary>
/// <param name="Name">What errors call it.</param>
/// <param name="Text">What it says; null: the files of the server, as they are now.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ConfigurationRequest(string Name, string? Text);

/// <summary>The answer to <c>POST /v1/config/check</c>.</summary>
/// <param name="Errors">Each as <c>file:line:column: key: expected …, found …</c>; empty: it is good.</param>
/// <param name="Summary">What is in it; null where there are errors.</param>
public sealed record ConfigurationCheck(ImmutableArray<string> Errors, string? Summary);

/// <summary>The answer to <c>POST /v1/config/diff</c>: what the file would do, if it were in force.</summary>
/// <param name="Errors">As of <see cref="ConfigurationCheck"/>.</param>
/// <param name="Changes">In order; empty: nothing would change.</param>
public sealed record ConfigurationDifference(ImmutableArray<string> Errors, ImmutableArray<PlannedChange> Changes);

/// <summary>One thing that would be done.</summary>
/// <param name="Action">
/// <c>attach</c>, <c>replace</c>, <c>detach</c>; <c>device-add</c>, <c>device-change</c>, <c>device-remove</c>; <c>start</c> (a container of
/// <c>_namespace</c>); <c>setting</c> (takes effect at once) or <c>restart-needed</c> (a setting that takes effect at the server's next start).
/// </param>
/// <param name="Container">Its name, where it concerns one.</param>
/// <param name="Source">The path on the host, where it concerns one.</param>
/// <param name="Target">The path inside; the device; the name of the setting.</param>
public sealed record PlannedChange(string Action, string? Container, string? Source, string? Target);
