using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Paths;
using ContainerManager.Host.State;

namespace ContainerManager.Host;

/// <summary>Bindings asked for beyond the configuration, in the forms they take: request, journal record, event.</summary>
internal static class Requests
{
    internal const string Origin = "bind";

    internal static HostEvent.BindRequested Bind(SourceEvent.BindRequested e) =>
        new(new ContainerKey(e.Container), RuleFor(e.Source, e.Target, e.Options));

    internal static HostEvent.UnbindRequested Unbind(SourceEvent.UnbindRequested e) =>
        new(new ContainerKey(e.Container), RuleFor("/", e.Target, MountOptions.Default));

    internal static HostEvent.BindRequested Bind(RecordedRequest request) =>
        new(new ContainerKey(request.Container), RuleFor(request.Source, request.Target, request.Options));

    internal static HostEvent.UnbindRequested Unbind(RecordedRequest request) =>
        new(new ContainerKey(request.Container), RuleFor(request.Source, request.Target, request.Options));

    internal static RecordedRequest Record(ContainerKey key, PathRule rule) =>
        new(key.Text, rule.Source.Text, ((TargetMapping.To)rule.Mapping).Target, rule.Options);

    private static PathRule RuleFor(string source, string target, MountOptions options) =>
        new(new PathPattern(source, EntriesOfDirectory: false, IsLiteral: true), new TargetMapping.To(target), options, Optional: false, Origin);
}
