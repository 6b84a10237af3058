using System.Collections.Immutable;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>Mounts nothing: writes down what it was asked to do.</summary>
public sealed class RecordingStrategy(IPluginHost host) : IMountStrategy
{
    /// <inheritdoc/>
    public string Name => "record";

    /// <inheritdoc/>
    public string? ReasonAgainst(ContainerEntry container) => null;

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Attach(MountRequest request) => Record($"attach {request.Source} {request.Target}");

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Replace(MountRequest request, AttachedMount current) => Record($"replace {request.Source} {request.Target}");

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Detach(AttachedMount current) => Record($"detach {current.Target}");

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Recognise(AttachedMount recorded) => Record($"recognise {recorded.Target}");

    private ImmutableArray<MountAction> Record(string line)
    {
        File.AppendAllText(Path.Combine(host.StateDirectory, "record"), line + "\n");
        return [];
    }
}
