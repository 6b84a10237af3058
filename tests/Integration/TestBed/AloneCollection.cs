namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>Tests beside which no other runs: they measure time, or hear of everything that happens on the machine.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
