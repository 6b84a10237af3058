using System.Text.Json.Serialization;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>
/// What is remembered of a running machine across restarts of the server: a machine whose nspawn was killed runs on, and nothing on the
/// host tells its name any more.
/// </summary>
/// <param name="Id">The id the core knows it by.</param>
/// <param name="Name">The machine's name.</param>
/// <param name="HostName">The host name inside, if it is another and known.</param>
/// <param name="Leader">Its first process.</param>
/// <param name="Ephemeral">Its root goes with it.</param>
/// <param name="BootId">The boot of the host that the process belongs to.</param>
internal sealed record MachineRecord(string Id, string Name, string? HostName, ProcessIdentity Leader, bool Ephemeral, string BootId);

/// <summary>The JSON form of records.</summary>
[JsonSerializable(typeof(MachineRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
