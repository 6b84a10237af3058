using System.Collections.Immutable;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.Configuration;

/// <summary><c>settings.labels</c>: what containers may ask for by their labels. Two that say the same are equal.</summary>
/// <param name="Paths">What a label may name as a source: a path that one of these patterns means.</param>
/// <param name="Presets">The presets that a label may use.</param>
/// <param name="Text">What the files say of it, with the presets.</param>
internal sealed record LabelPolicy(ImmutableArray<PathPattern> Paths, ImmutableArray<Preset> Presets, string Text)
{
    /// <inheritdoc/>
    public bool Equals(LabelPolicy? other) => other?.Text == Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Whether a label may name a path. What lies beneath an allowed directory is not named by that.</summary>
    /// <param name="path">Absolute and normalised.</param>
    internal bool Allows(string path)
    {
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return Paths.Any(pattern =>
        {
            ImmutableArray<ComponentPattern> components = ComponentPattern.Split(pattern);
            return components.Length == names.Length && components.Zip(names).All(level => level.First.Matches(level.Second));
        });
    }
}
