using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Cdi;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>Specifications of the Container Device Interface: devices, or none. Never an exception.</summary>
internal static class CdiTargets
{
    internal static readonly FuzzTarget Json = new("cdi-json", input =>
    {
        SourceText source = new(input, "f");
        return SourceTreeReader.Read(source, new ErrorList(source)) is SourceNode.Object tree && Holds(CdiReader.Read(tree));
    }, "{", "}", "[", "]", ",", "\"kind\":", "\"devices\":[", "\"containerEdits\":{", "\"deviceNodes\":[", "\"path\":\"/dev/", "\"hostPath\":", "\"containerPath\":", "\"fileMode\":", "\"uid\":",
        "\"env\":[", "\"mounts\":[", "\"options\":[\"ro\"]", "/../", "\"/\"", "\\u0000", "\"0o777\"", "\"0000666\"", "4294967296", "//");

    internal static readonly FuzzTarget Yaml = new("cdi-yaml", input => YamlTree.Read(input) is SourceNode.Object tree && Holds(CdiReader.Read(tree)),
        "---\n", "...\n", "- ", ": ", "? ", "\n", "  ", "\t", "&a ", "*a", "&a [*a]", "<<: *a", "!!int ", "!!binary |\n", "%YAML 1.2\n", "|-\n", ">\n", "\"\\x41\"", "'", "#", "{", "}", "[", "]", "@", "`",
        "kind: ", "devices:\n", "containerEdits:\n", "deviceNodes:\n", "path: /dev/", "hostPath: ", "containerPath: ", "fileMode: 0666", "\uFEFF", "\u2028", "\0");

    private static bool Holds(ImmutableArray<CdiDevice> devices)
    {
        foreach (CdiDevice device in devices)
        {
            Assert.Contains("=", device.Name, StringComparison.Ordinal);
            foreach (PathRule path in device.Paths)
            {
                ConfigurationTargets.AssertPath(path);
                Assert.True(path.Source.IsLiteral);
                Assert.NotEqual("/", path.FixedTarget);
                Assert.True(path.Options.Mode is null or <= 0x1FF);
            }

            Assert.All(device.Environment, variable => Assert.True(variable.IndexOf('=') > 0 && !variable.Contains('\0')));
        }

        return devices.Length > 0;
    }
}
