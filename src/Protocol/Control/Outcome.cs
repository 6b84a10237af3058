namespace ContainerManager.Protocol;

/// <summary>What <c>container-util unbind --json</c> and <c>container-util stop --json</c> print: the server itself only says that it is done.</summary>
/// <param name="Container">The container's name, or the program's id.</param>
/// <param name="Path">The path as it was sent; null where it is about the container or a program.</param>
/// <param name="State"><c>detached</c> or <c>stopped</c>.</param>
public sealed record Outcome(string Container, string? Path, string State);
