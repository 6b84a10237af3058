using System.Text.Json.Serialization;

namespace ContainerManager.Protocol;

/// <summary>The JSON form of the control API, generated at build time so that no reflection is needed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(StatusReply))]
[JsonSerializable(typeof(ContainerStatus))]
[JsonSerializable(typeof(BindingStatus))]
[JsonSerializable(typeof(BindRequest))]
[JsonSerializable(typeof(SpawnRequest))]
[JsonSerializable(typeof(ErrorReply))]
[JsonSerializable(typeof(EventRecord))]
[JsonSerializable(typeof(VersionReply))]
[JsonSerializable(typeof(PluginsReply))]
[JsonSerializable(typeof(PluginStatus))]
[JsonSerializable(typeof(DevicesReply))]
[JsonSerializable(typeof(WhyReply))]
[JsonSerializable(typeof(CheckReply))]
[JsonSerializable(typeof(ProgramRequest))]
[JsonSerializable(typeof(ProgramStatus))]
[JsonSerializable(typeof(ProgramsReply))]
[JsonSerializable(typeof(ApplicationsReply))]
[JsonSerializable(typeof(ConfigurationReply))]
[JsonSerializable(typeof(DoctorReply))]
[JsonSerializable(typeof(ConfigurationRequest))]
[JsonSerializable(typeof(ConfigurationCheck))]
[JsonSerializable(typeof(ConfigurationDifference))]
[JsonSerializable(typeof(Outcome))]
public sealed partial class ControlJson : JsonSerializerContext;
