namespace ContainerManager.Plugins.Nspawn;

/// <summary>A machine that was seen to run, by one way or another.</summary>
/// <param name="Name">Its name.</param>
/// <param name="HostName">The host name inside, if it is another and known.</param>
/// <param name="Leader">Its first process.</param>
/// <param name="Ephemeral">Its root goes with it.</param>
internal sealed record Sighting(string Name, string? HostName, ProcessIdentity Leader, bool Ephemeral);
