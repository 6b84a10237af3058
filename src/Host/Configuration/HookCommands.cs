using System.Collections.Immutable;

namespace ContainerManager.Host.Configuration;

/// <summary>What is run inside a container when something happens there (<c>_on_attach</c>, <c>_on_detach</c>, <c>_on_udev</c>). Empty: nothing.</summary>
/// <param name="OnAttach">Something was mounted, or was replaced.</param>
/// <param name="OnDetach">It was taken away.</param>
/// <param name="OnUdev">The container was told of a device.</param>
internal sealed record HookCommands(ImmutableArray<string> OnAttach, ImmutableArray<string> OnDetach, ImmutableArray<string> OnUdev)
{
    /// <summary>No hooks.</summary>
    internal static HookCommands None { get; } = new([], [], []);
}
