using System.Text;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Cdi;
using CsCheck;

namespace ContainerManager.Tests.Unit.Configuration;

/// <summary>Specifications of the Container Device Interface, as vendors write them.</summary>
public sealed class CdiTests : IDisposable
{
    private const string Json = """
        { "cdiVersion": "0.6.0", "kind": "vendor.com/gpu",
          "devices": [
            { "name": "0", "containerEdits": { "deviceNodes": [{ "path": "/dev/gpu0", "fileMode": 438, "uid": 0, "gid": 44 }], "hooks": [{ "hookName": "createContainer", "path": "/bin/x" }] } },
            { "name": "all", "containerEdits": { "deviceNodes": [{ "path": "/dev/gpu[0]", "hostPath": "/dev/host*gpu", "permissions": "rw" }] } } ],
          "containerEdits": { "env": ["GPU=1", "not a variable"], "mounts": [{ "hostPath": "/lib/a.so", "containerPath": "/lib/b.so", "options": ["ro", "nosuid", "bind"] }] } }
        """;

    private const string Yaml = """
        ---
        cdiVersion: "0.6.0"
        kind: vendor.com/gpu
        devices:
        - name: "0"
          containerEdits:
            deviceNodes:
            - {path: /dev/gpu0, fileMode: 0666, uid: 0, gid: 44}
        - name: all
          containerEdits: {deviceNodes: [{path: "/dev/gpu[0]", hostPath: "/dev/host*gpu"}]}
        containerEdits:
          env:
          - GPU=1
          mounts:
          - hostPath: /lib/a.so
            containerPath: /lib/b.so
            options: [ro, nosuid, bind]
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("cdi-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("vendor.json", Json)]
    [InlineData("vendor.yaml", Yaml)]
    public void Nodes_mounts_and_environment_become_rules(string file, string text)
    {
        File.WriteAllText(Path.Combine(_directory, file), text);
        CdiCatalog catalog = new(_directory, "/not/there");
        CdiDevice first = catalog.Find("vendor.com/gpu=0")!;
        Assert.Equal(
            ["_cdi: /lib/a.so -> /lib/b.so readOnly notRecursive", "_cdi: /dev/gpu0 -> /dev/gpu0 owner 0:44 mode 666"], first.Paths.Select(RuleText.Of));
        Assert.Equal(["GPU=1"], first.Environment);
        PathRule literal = catalog.Find("vendor.com/gpu=all")!.Paths[1];
        Assert.Equal(("/dev/host*gpu", true, "/dev/gpu[0]"), (literal.Source.Text, literal.Source.IsLiteral, literal.FixedTarget));
        Assert.Null(catalog.Find("vendor.com/gpu=1"));
    }

    [Fact]
    public void What_is_named_and_there_is_among_the_containers_rules()
    {
        File.WriteAllText(Path.Combine(_directory, "vendor.yaml"), Yaml);
        ConfigurationResult result = ConfigurationParser.Parse(
            Encoding.UTF8.GetBytes("""{ "containerConfigs": { "a": { "_cdi": ["vendor.com/gpu=0", "vendor.com/gpu=later"], "_automount": { "/own": "Absolute" } } } }"""), "f", null, new CdiCatalog(_directory));
        ContainerRules rules = Assert.Single(result.Configuration!.Containers);
        Assert.Equal(["/own", "/lib/a.so", "/dev/gpu0"], rules.Paths.Select(path => path.Source.Text));
        Assert.Equal(["vendor.com/gpu=0", "vendor.com/gpu=later"], rules.Cdi);
    }

    [Theory]
    [InlineData("\"vendor.com/gpu=0\"", "expected an array of names of CDI devices")]
    [InlineData("[1]", "expected the full name of a CDI device")]
    [InlineData("[\"gpu\"]", "expected the full name of a CDI device")]
    [InlineData("[\"vendor.com/gpu=\"]", "expected the full name of a CDI device")]
    [InlineData("[\"vendor.com=0\"]", "expected the full name of a CDI device")]
    public void A_wrong_name_is_explained(string names, string words) => Assert.Contains(
        words, Assert.Single(ConfigurationParser.Parse(Encoding.UTF8.GetBytes($$"""{ "containerConfigs": { "a": { "_cdi": {{names}} } } }"""), "f").Errors).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    [InlineData('-')]
    public void No_nesting_overflows_the_stack(char opening) =>
        Assert.Null(YamlTree.Read(Encoding.UTF8.GetBytes("kind: a.b/c\nx:\n  " + string.Concat(Enumerable.Repeat(opening + " ", 200_000)))));

    /// <summary>Whatever a vendor's tool has written, or half written: no device, and no exception.</summary>
    [Theory]
    [InlineData("x.json", Json)]
    [InlineData("x.yaml", Yaml)]
    public void What_is_no_specification_is_passed_over(string file, string text) =>
        Gen.Select(Gen.Int[0, text.Length], Gen.Int[0, text.Length], Gen.Char).Sample((from, length, put) =>
        {
            string damaged = text[..from] + put + text[Math.Min(text.Length, from + (length % 20))..];
            string directory = Directory.CreateTempSubdirectory("cdi-").FullName;
            File.WriteAllText(Path.Combine(directory, file), damaged);
            _ = new CdiCatalog(directory).Find("vendor.com/gpu=0");
            Directory.Delete(directory, recursive: true);
        }, iter: 1_000);
}
