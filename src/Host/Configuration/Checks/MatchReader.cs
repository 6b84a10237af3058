using System.Collections.Immutable;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>_match</c>.</summary>
internal static class MatchReader
{
    internal const string Key = "_match";

    private static readonly string[] s_known = ["image", "labels"];

    internal static ContainerMatch? Read(ConfigurationValue? match)
    {
        if (match?.AsObject("an object such as { \"image\": \"redis*\" } or { \"labels\": { \"gpu\": \"yes\" } }", s_known) is not { } members)
        {
            return null;
        }

        string? image = members["image"]?.AsText("an image, such as \"docker.io/library/redis*\"");
        ImmutableSortedDictionary<string, string>.Builder labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (ConfigurationValue label in members["labels"]?.AsMembers("an object: label → value, in which * and ? are wildcards") ?? [])
        {
            if (label.AsText("the label's value, or \"*\" for any") is { } value)
            {
                labels[label.Name] = value;
            }
        }

        if (((SourceNode.Object)match.Node).Members.IsEmpty)
        {
            match.Fail("image or labels", "without any the key alone decides: leave _match away");
        }

        return new ContainerMatch(image, labels.ToImmutable());
    }
}
