using System.Collections.Immutable;
using System.IO.Enumeration;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Configuration;

/// <summary><c>_match</c>: what a container must be besides its name. In each text <c>*</c> stands for any characters, <c>?</c> for one.</summary>
/// <param name="Image">The image that it was made from; null: any.</param>
/// <param name="Labels">Label → what its value must match.</param>
internal sealed record ContainerMatch(string? Image, ImmutableSortedDictionary<string, string> Labels)
{
    internal bool Matches(ContainerDescription container) =>
        (Image is null || (container.Image is { } image && Fits(Image, image))) &&
        Labels.All(label => container.Labels.TryGetValue(label.Key, out string? value) && Fits(label.Value, value));

    private static bool Fits(string pattern, string text) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false);
}
