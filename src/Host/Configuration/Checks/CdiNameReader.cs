using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>_cdi</c>: names of devices of the Container Device Interface. One that is not there is waited for, as any device is.</summary>
internal static class CdiNameReader
{
    private const string Expected = "the full name of a CDI device, such as \"nvidia.com/gpu=all\"";

    internal static IEnumerable<string> Read(ConfigurationValue? names)
    {
        IReadOnlyList<ConfigurationValue>? items =
            names?.AsItems("an array of names of CDI devices, such as [\"nvidia.com/gpu=all\"]", names.Node is SourceNode.String ? "write [\"nvidia.com/gpu=all\"]" : null);
        return (items ?? []).Select(ReadName).OfType<string>().ToList();
    }

    private static string? ReadName(ConfigurationValue value)
    {
        if (value.AsText(Expected) is not { } name)
        {
            return null;
        }

        string[] parts = name.Split('=');
        if (parts.Length == 2 && parts[1].Length > 0 && parts[0].Split('/') is [{ Length: > 0 }, { Length: > 0 }])
        {
            return name;
        }

        value.Fail(Expected);
        return null;
    }
}
