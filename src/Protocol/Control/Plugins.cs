using System.Collections.Immutable;

namespace ContainerManager.Protocol;

/// <summary><c>GET /v1/plugins</c>: each folder of the plugin directory.</summary>
/// <param name="Plugins">By name.</param>
/// <param name="LoadContexts">How many copies of plugins are in memory: more than are loaded when one that was unloaded is still held by something.</param>
public sealed record PluginsReply(ImmutableArray<PluginStatus> Plugins, int LoadContexts);

/// <summary>One plugin. Also the answer to <c>POST /v1/plugins/NAME/reload</c>.</summary>
/// <param name="Name">That of its folder.</param>
/// <param name="Version">Of its assembly; null as long as that could not be read.</param>
/// <param name="State">
/// <c>loading</c>, <c>loaded</c>, <c>incomplete</c> (more of it is waited for), <c>refused</c> (none of its code has run), <c>failed</c>,
/// <c>unloading</c> or <c>abandoned</c> (it was to end and hangs).
/// </param>
/// <param name="Offers">Such as <c>runtime docker</c>, <c>strategy namespace</c>.</param>
/// <param name="Containers">How many containers of its runtimes run.</param>
/// <param name="Error">Why it does not do what it should, and what to do; null when all is well.</param>
public sealed record PluginStatus(string Name, string? Version, string State, ImmutableArray<string> Offers, int Containers, string? Error);
