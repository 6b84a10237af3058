using System.Globalization;
using ContainerManager.EngineApi;
using ContainerManager.Plugins.Podman.Users;

namespace ContainerManager.Plugins.Podman;

/// <summary>How Podman's engines speak: the Docker Engine API, with some words of Podman's own.</summary>
internal static class PodmanIdentity
{
    internal const string Runtime = "podman";

    /// <summary>
    /// Podman says <c>died</c> and <c>remove</c> (podman-events(1)); its Docker dialect translates some words to Docker's, other ones in
    /// each version (4.3: <c>die</c>, but <c>remove</c>). A filter with a word that never comes does no harm.
    /// </summary>
    internal static EngineIdentity OfRoot { get; } = new()
    {
        Runtime = Runtime,
        Owner = 0,
        Events = ["start", "die", "died", "destroy", "remove", "rename"],
        Removals = ["destroy", "remove"],
    };

    /// <summary>
    /// A user's engine says what its user likes. Its ids are set apart, so that it cannot speak of anybody else's containers, and its word
    /// about processes is checked with the kernel.
    /// </summary>
    internal static EngineIdentity Of(Account account) => OfRoot with
    {
        Owner = account.UserId,
        IdPrefix = string.Create(CultureInfo.InvariantCulture, $"{account.UserId}-"),
        Check = (entry, container) => OwnProcesses.Check(account, entry, container),
    };
}
