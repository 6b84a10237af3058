using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Podman;

/// <summary>One engine of root and one of a user, both served, for all tests of <see cref="PodmanCollection"/>. They remove their containers themselves.</summary>
public sealed class PodmanEngineFixture : IAsyncLifetime
{
    internal PodmanEngine Root { get; private set; } = null!;

    internal PodmanEngine Rootless { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Root = await PodmanEngine.StartNewAsync();
        Rootless = await PodmanEngine.StartNewAsync(rootless: true);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(Rootless), CleanUp.Of(Root));
}

/// <summary>Tests that share the engines; one at a time.</summary>
[CollectionDefinition(nameof(PodmanCollection))]
public sealed class PodmanCollection : ICollectionFixture<PodmanEngineFixture>;
