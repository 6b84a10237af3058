using System.IO.Enumeration;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Configuration;

/// <summary>
/// A key of <c>containerConfigs</c>: a name or glob (<c>*</c> any characters, <c>?</c> one), alone or after <c>runtime:</c>. Matches the
/// name and the host name, letter by letter.
/// </summary>
internal readonly record struct ContainerKey(string Text)
{
    /// <summary>The runtime it is restricted to, or null.</summary>
    internal string? Runtime => Text.IndexOf(':') is >= 0 and int colon ? Text[..colon] : null;

    /// <summary>What the name or the host name must match.</summary>
    internal string NamePattern => Text[(Text.IndexOf(':') + 1)..];

    /// <summary>One name only fits it.</summary>
    internal bool IsPlainName => !Text.AsSpan().ContainsAny('*', '?');

    internal bool Matches(ContainerDescription container) =>
        (Runtime is not { } runtime || runtime == container.Id.Runtime) &&
        (MatchesName(container.Name) || (container.HostName is { } hostName && MatchesName(hostName)));

    /// <inheritdoc/>
    public override string ToString() => Text;

    private bool MatchesName(string name) => IsPlainName ? NamePattern == name : FileSystemName.MatchesSimpleExpression(NamePattern, name, ignoreCase: false);
}
