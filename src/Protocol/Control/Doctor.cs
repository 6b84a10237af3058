using System.Collections.Immutable;

namespace ContainerManager.Protocol;

/// <summary><c>GET /v1/doctor</c>: what the server needs of this host, and whether it has it.</summary>
/// <param name="Checks">In the order in which a person reads them.</param>
public sealed record DoctorReply(ImmutableArray<DoctorCheck> Checks);

/// <summary>One thing that was looked at.</summary>
/// <param name="Subject">What it is about, in a word or two.</param>
/// <param name="Result"><c>ok</c>; <c>note</c>: works, but somebody may miss something; <c>failed</c>: something configured cannot work.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">What to do; null where there is nothing to do.</param>
public sealed record DoctorCheck(string Subject, string Result, string Detail, string? Remedy);
