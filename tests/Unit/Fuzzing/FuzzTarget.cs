namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>A reader of what others have written, and what must hold of it whatever the bytes are.</summary>
/// <param name="Name">Also of its directory in <c>corpus</c>.</param>
/// <param name="Read">
/// Reads the input and asserts what must hold. True: it was understood; false: it was refused, in the way that is promised. Anything thrown is a failure.
/// </param>
/// <param name="Words">Pieces that random bytes would hardly ever form.</param>
internal sealed record FuzzTarget(string Name, Func<ReadOnlyMemory<byte>, bool> Read, params string[] Words)
{
    /// <summary>Of a target: realistic inputs, and such as once went wrong.</summary>
    internal IReadOnlyList<(string Name, byte[] Content)> Corpus { get; } =
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Fuzzing", "corpus", Name)).Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), File.ReadAllBytes(file))),
    ];

    public override string ToString() => Name;
}
