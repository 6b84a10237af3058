namespace ContainerManager.Tests.Integration.Docker;

/// <summary>One engine for all tests of <see cref="DockerCollection"/>. They remove their containers themselves.</summary>
public sealed class DockerEngineFixture : IAsyncLifetime
{
    internal DockerEngine Engine { get; } = DockerEngine.Create();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => await Engine.StartEngineAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}

/// <summary>Tests that share an engine; one at a time.</summary>
[CollectionDefinition(nameof(DockerCollection))]
public sealed class DockerCollection : ICollectionFixture<DockerEngineFixture>;
