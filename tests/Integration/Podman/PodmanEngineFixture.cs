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
    public async ValueTask DisposeAsync()
    {
        foreach (PodmanEngine? engine in (PodmanEngine?[])[Rootless, Root])
        {
            if (engine is not null)
            {
                await engine.DisposeAsync();
            }
        }
    }
}

/// <summary>Tests that share the engines; one at a time.</summary>
[CollectionDefinition(nameof(PodmanCollection))]
public sealed class PodmanCollection : ICollectionFixture<PodmanEngineFixture>;
