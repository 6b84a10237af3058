namespace ContainerManager.Abstractions;

/// <summary>Names one container for as long as it exists: across its own restarts, the engine's and the server's.</summary>
/// <param name="Runtime">The <see cref="IContainerRuntime.Name"/> of the runtime that owns the container, for example <c>docker</c>.</param>
/// <param name="Value">The runtime's own stable identifier. Opaque to the core.</param>
public readonly record struct ContainerId(string Runtime, string Value)
{
    /// <summary><c>runtime:value</c>, as written in logs and in the journal.</summary>
    public override string ToString() => $"{Runtime}:{Value}";
}
