using ContainerManager.Protocol;

namespace ContainerManager.Cli.Output;

/// <summary>Devices for a person.</summary>
internal sealed class DevicesView(Terminal terminal)
{
    internal void Write(DevicesReply reply)
    {
        foreach (IGrouping<string, DeviceStatus> container in reply.Devices.GroupBy(static device => $"{device.Container}\0{device.Runtime}"))
        {
            DeviceStatus first = container.First();
            terminal.Write(first.Container, Look.Name).Write($" ({first.Runtime})", Look.Faint).Line();
            foreach (DeviceStatus device in container)
            {
                Write(device);
            }
        }

        if (reply.Devices.IsEmpty)
        {
            terminal.Write("no devices").Line();
        }
    }

    internal void Write(WhyReply reply)
    {
        terminal.Write(reply.Device, Look.Name).Write($" ({reply.Path}) in ").Write(reply.Container, Look.Name).Sentence($": {reply.Verdict}", 2).Line();
        foreach (FilterCheck check in reply.Checks)
        {
            string result = check.Matches ? "matches" : "does not match";
            terminal.Write($"  {check.Filter}: {result}").Sentence(check.Reason is null ? "" : $": {check.Reason}", 4).Line();
        }
    }

    private void Write(DeviceStatus device)
    {
        terminal.Write("  ").Write(device.State, Look.Of(device.State == "given" ? "attached" : device.State)).Write($"  {device.Device}");
        terminal.Write($"  ({device.Rule})", Look.Faint).Line();
        string[] parts =
        [
            $"node {device.Node}",
            .. Part("permission", device.Permission),
            .. Part("database", device.Database),
            .. Part("events", device.Events),
        ];
        terminal.Write("    ").Sentence(string.Join(", ", parts), 4).Line();
        if (device.Reason is not null)
        {
            terminal.Write("    ").Sentence(device.Reason, 4).Line();
        }
    }

    private static string[] Part(string name, string? word) => word is null ? [] : [$"{name} {word}"];
}
