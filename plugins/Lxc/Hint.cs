namespace ContainerManager.Plugins.Lxc;

/// <summary>A word that something may have changed. What has, is looked at.</summary>
/// <param name="Path">In this lxcpath; null: in any.</param>
/// <param name="Name">With this container; null: with any.</param>
internal readonly record struct Hint(string? Path, string? Name);
