using System.IO.Enumeration;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Configuration;

/// <summary>A key of <c>containerConfigs</c>: a name, a glob, or either after <c>runtime:</c>. Matches the name and the host name.</summary>
internal readonly record struct ContainerKey(string Text)
{
    internal bool Matches(ContainerDescription container)
    {
        ReadOnlySpan<char> pattern = Text;
        int colon = pattern.IndexOf(':');
        if (colon >= 0)
        {
            if (!pattern[..colon].SequenceEqual(container.Id.Runtime))
            {
                return false;
            }

            pattern = pattern[(colon + 1)..];
        }

        return FileSystemName.MatchesSimpleExpression(pattern, container.Name, ignoreCase: false) ||
            (container.HostName is not null && FileSystemName.MatchesSimpleExpression(pattern, container.HostName, ignoreCase: false));
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
