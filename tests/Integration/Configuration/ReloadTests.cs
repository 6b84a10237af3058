using System.Diagnostics;
using System.Globalization;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Configuration;

/// <summary>The configuration changes while the server and the containers run.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ReloadTests : IAsyncLifetime
{
    private static readonly TimeSpan Goal = TimeSpan.FromMilliseconds(100);

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _host = new("reload");
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly List<string> _started = [];
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        foreach (string file in (string[])["a", "b", "c"])
        {
            File.WriteAllText(_host[file], file);
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string name in _started)
        {
            await _runtime.RemoveAsync(Server, name);
        }

        await CleanUp.AllAsync(CleanUp.Of(_server), CleanUp.Of(_host));
    }

    /// <summary>By an editor that puts a new file in the place of the old one, and by one that writes into it.</summary>
    [Fact]
    public async Task ASavedFileIsInForceWithinATenthOfASecondAndWhatItLeavesAloneIsNotTouched()
    {
        await StartAsync(Rules(("a", "/a"), ("b", "/b")));
        ulong? untouched = (await Server.UntilBindingAsync(_name, "/a", "attached")).MountId;
        List<TimeSpan> took = [];
        for (int round = 0; round < 20; round++)
        {
            string target = $"/round-{round}";
            string text = Configuration(Rules(("a", "/a"), ("c", target)));
            await File.WriteAllTextAsync(_host["new"], text, Stop);
            long before = Stopwatch.GetTimestamp();
            if (round % 2 == 0)
            {
                File.Move(_host["new"], Server.ConfigurationPath, overwrite: true);
            }
            else
            {
                await File.WriteAllTextAsync(Server.ConfigurationPath, text, Stop);
            }

            await Server.UntilBindingAsync(_name, target, "attached");
            took.Add(Stopwatch.GetElapsedTime(before));
        }

        took.Sort();
        Assert.True(took[took.Count / 2] < Goal, string.Join(' ', took));
        Assert.Equal(untouched, (await Server.UntilBindingAsync(_name, "/a", "attached")).MountId);
        Assert.Equal("ac", await ExecAsync("cat /a /round-19; test -e /b || test -e /round-18"));
        Assert.DoesNotContain("Replaced", Server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsWrongChangesNothingAndIsShownUntilItIsMended()
    {
        await StartAsync(Rules(("a", "/a")));
        ulong? mount = (await Server.UntilBindingAsync(_name, "/a", "attached")).MountId;
        Server.Configure("""{ "containerConfigs": { "x": { "_automont": {} } } }""");
        await Server.UntilAsync(reply => reply.ConfigurationErrors is { Length: 1 });
        Assert.Equal(mount, (await Server.UntilBindingAsync(_name, "/a", "attached")).MountId);
        Ran status = await ContainerUtil.RunAsync(Server.Socket, "status", "--check");
        Assert.Equal(1, status.ExitCode);
        Assert.Contains("did you mean \"_automount\"?", status.Output, StringComparison.Ordinal);
        Ran reload = await ContainerUtil.RunAsync(Server.Socket, "config", "reload");
        Assert.Equal(1, reload.ExitCode);
        Assert.Contains("nothing was changed", reload.Output, StringComparison.Ordinal);
        File.Delete(Server.ConfigurationPath);
        await Server.UntilAsync(reply => reply.ConfigurationErrors is { Length: 1 } errors && errors[0].Contains("found nothing", StringComparison.Ordinal));
        Assert.Equal(mount, (await Server.UntilBindingAsync(_name, "/a", "attached")).MountId);

        Server.Configure(Configuration(Rules(("b", "/b"))));
        await Server.UntilBindingAsync(_name, "/b", "attached");
        await Server.UntilGoneAsync(_name, "/a");
        Assert.Null((await Server.StatusAsync()).ConfigurationErrors);
        Assert.Single(Server.Log.Split('\n'), line => line.Contains("_automont", StringComparison.Ordinal) && line.Contains("is not changed", StringComparison.Ordinal));
    }

    /// <summary>What is dropped in beside the file, in a directory that was not there; a preset of one's own; SIGHUP ends nobody.</summary>
    [Fact]
    public async Task DropInsAndPresetsComeAndGo()
    {
        await StartAsync(Rules(("a", "/a")));
        string dropIns = Directory.CreateDirectory(Server.ConfigurationPath + ".d").FullName;
        string presets = Directory.CreateDirectory(Path.ChangeExtension(Server.ConfigurationPath, ".presets.d")).FullName;
        await File.WriteAllTextAsync(Path.Combine(presets, "mine.json"), $$"""{ "_automount": { "{{_host["b"]}}": { "target": "/b" } }, "_environment": { "MINE": "1" } }""", Stop);
        await File.WriteAllTextAsync(Path.Combine(dropIns, "more.json"), $$"""{ "containerConfigs": { "{{_name}}": { "_use": ["mine"] } } }""", Stop);
        await Server.UntilBindingAsync(_name, "/b", "attached");
        Assert.Equal("1\n", (await ContainerUtil.RunAsync(Server.Socket, "-c", _name, "run", "--", "printenv", "MINE")).Output);
        Ran shown = await ContainerUtil.RunAsync(Server.Socket, "config", "show", "--effective");
        Assert.Contains(_host["b"], shown.Output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(presets, "mine.json"), $$"""{ "_automount": { "{{_host["c"]}}": { "target": "/c" } } }""", Stop);
        await Server.UntilBindingAsync(_name, "/c", "attached");
        await Server.UntilGoneAsync(_name, "/b");
        (await Command.RunAsync("kill", ["-HUP", Server.ProcessId.ToString(CultureInfo.InvariantCulture)])).OutputOrThrow();
        File.Delete(Path.Combine(dropIns, "more.json"));
        await Server.UntilGoneAsync(_name, "/c");
        await Server.UntilBindingAsync(_name, "/a", "attached");
    }

    /// <summary>A container that had no devices gets its first, with permission, database and event, and loses it again.</summary>
    [Fact]
    public async Task DevicesAreGivenToAContainerThatRuns()
    {
        await using UdevBed udev = await UdevBed.StartAsync();
        await using VirtualConsole console = new(53);
        console.Plug();
        await UdevBed.SettleAsync();
        await StartAsync("");
        string rules = $$""" "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{console.Node}}" }] """;
        await File.WriteAllTextAsync(_host["new"], Configuration(rules), Stop);
        Ran said = await ContainerUtil.RunAsync(Server.Socket, "config", "diff", _host["new"]);
        Assert.Contains($"device-add      {_name}  {console.Node}\n", said.Output, StringComparison.Ordinal);

        Server.Configure(Configuration(rules));
        await Server.UntilBindingAsync(_name, console.Node, "attached");
        await Server.UntilBindingAsync(_name, "/run/udev", "attached");
        int processId = (await Server.StatusAsync()).Containers.Single(container => container.Name == _name).ProcessId!.Value;
        string data = $"/proc/{processId}/root/run/udev/data/c{console.Number}";
        await Server.UntilAsync(_ => File.Exists(data));
        Assert.Equal("open", await ExecAsync($"exec 3<>{console.Node}; echo open"));
        Ran devices = await ContainerUtil.RunAsync(Server.Socket, "devices", _name);
        Assert.Contains("database written", devices.Output, StringComparison.Ordinal);

        // Nothing of what it has is given anew by a configuration that leaves it as it is.
        Server.Configure(Configuration(rules + $$""", "_automount": { "{{_host["a"]}}": { "target": "/a" } }"""));
        await Server.UntilBindingAsync(_name, "/a", "attached");
        Server.Configure(Configuration(""));
        await Server.UntilGoneAsync(_name, console.Node);
        await Server.UntilAsync(_ => !File.Exists(data));
        Assert.Single(Server.Log.Split('\n'), line => line.Contains("DeviceAdded", StringComparison.Ordinal));
    }

    /// <summary>A device of the Container Device Interface, whose specification comes after the container and goes before it.</summary>
    [Fact]
    public async Task ACdiDeviceComesAndGoesWithItsSpecification()
    {
        await using VirtualConsole console = new(53);
        console.Plug();
        string vendor = $"cm{System.Environment.ProcessId}.test", spec = $"/var/run/cdi/{vendor}.yaml";
        bool made = !Directory.Exists("/var/run/cdi");
        await StartAsync($$""" "_cdi": ["{{vendor}}/console=one"] """);
        Ran doctor = await ContainerUtil.RunAsync(Server.Socket, "doctor");
        Assert.Contains($"no specification describes {vendor}/console=one now", doctor.Output, StringComparison.Ordinal);
        try
        {
            Directory.CreateDirectory("/var/run/cdi");
            await File.WriteAllTextAsync(spec, $"""
                cdiVersion: "0.5.0"
                kind: {vendor}/console
                devices:
                  - name: one
                    containerEdits:
                      deviceNodes:
                        - path: /dev/console-one
                          hostPath: {console.Node}
                          fileMode: 0606
                containerEdits:
                  env: [CM_CDI=yes]
                  mounts:
                    - hostPath: {_host["a"]}
                      containerPath: /vendor/b.so
                      options: [ro, rbind]
                """, Stop);
            await Server.UntilBindingAsync(_name, "/dev/console-one", "attached");
            Assert.True((await Server.UntilBindingAsync(_name, "/vendor/b.so", "attached")).ReadOnly);
            Assert.Equal("606 a", await ExecAsync("exec 3<>/dev/console-one; echo $(stat -c %a /dev/console-one) $(cat /vendor/b.so)"));
            Assert.Equal("yes\n", (await ContainerUtil.RunAsync(Server.Socket, "-c", _name, "run", "--", "printenv", "CM_CDI")).Output);
            Assert.Contains("\"/dev/console-one\"", (await ContainerUtil.RunAsync(Server.Socket, "config", "show", "--effective")).Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(spec);
            if (made)
            {
                Directory.Delete("/var/run/cdi");
            }
        }

        await Server.UntilGoneAsync(_name, "/dev/console-one");
        await Server.UntilGoneAsync(_name, "/vendor/b.so");
    }

    /// <summary>A container that comes into the configuration is started; settings of a plugin are another's from then on.</summary>
    [Fact]
    public async Task NewContainersAndSettingsOfPluginsTakeEffect()
    {
        _server = new ServerUnderTest(["Namespaces", "Docker"], """{ "settings": { "plugins": { "Docker": { "sockets": ["unix:///none/one"] } } } }""");
        await Server.StartAsync();
        await Server.UntilAsync(reply => reply.Runtimes.Any(runtime => runtime.Reason?.Contains("/none/one", StringComparison.Ordinal) == true));
        string configuration = $$"""
            { "containerConfigs": { "{{_name}}": { "_namespace": { "command": ["sleep", "infinity"] } } },
              "settings": { "socket": "/elsewhere", "plugins": { "Docker": { "sockets": ["unix:///none/two"] } } } }
            """;
        await File.WriteAllTextAsync(_host["new"], configuration, Stop);
        Ran said = await ContainerUtil.RunAsync(Server.Socket, "config", "diff", _host["new"]);
        Assert.Equal($"start           {_name}  \nsetting         plugins.Docker\n", said.Output);
        _started.Add(_name);
        Server.Configure(configuration);
        await Server.UntilAsync(reply => reply.Containers.Any(container => container.Name == _name && container.State == "running"));
        await Server.UntilAsync(reply => reply.Runtimes.Any(runtime => runtime.Reason?.Contains("/none/two", StringComparison.Ordinal) == true));
    }

    /// <summary>What is said beforehand is what is done.</summary>
    [Fact]
    public async Task ADifferenceSaysWhatWillBeDone()
    {
        await StartAsync(Rules(("a", "/a"), ("b", "/b")));
        await Server.UntilBindingAsync(_name, "/b", "attached");
        string wanted = Configuration(Rules(("b", "/a"), ("c", "/c/c"), ("none", "/none")));
        await File.WriteAllTextAsync(_host["new"], wanted, Stop);
        Ran said = await ContainerUtil.RunAsync(Server.Socket, "config", "diff", _host["new"]);
        Assert.Equal(0, said.ExitCode);
        Assert.Equal(
            [$"attach          {_name}  {_host["c"]} → /c/c", $"detach          {_name}  {_host["b"]} → /b", $"replace         {_name}  {_host["b"]} → /a"],
            said.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Equal("ab", await ExecAsync("cat /a /b"));
        Server.Configure(wanted);
        await Server.UntilBindingAsync(_name, "/c/c", "attached");
        await Server.UntilGoneAsync(_name, "/b");
        Assert.Equal("bc", await ExecAsync("cat /a /c/c"));
        Assert.Equal("nothing would change\n", (await ContainerUtil.RunAsync(Server.Socket, "config", "diff", _host["new"])).Output);

        await File.WriteAllTextAsync(_host["new"], "{", Stop);
        Ran wrong = await ContainerUtil.RunAsync(Server.Socket, "config", "diff", _host["new"]);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains(_host["new"] + ":1:2: expected \"}\"", wrong.Output, StringComparison.Ordinal);
    }

    /// <summary>
    /// Edits in random sequence, wrong ones among them: after each, what is mounted is what the rules say, by the kernel's own mount table; at the end also
    /// what a server mounts that starts afresh with that file. CM_EDITS says how many.
    /// </summary>
    [Fact]
    public async Task AfterEachEditWhatIsMountedIsWhatAFreshStartWouldMount()
    {
        int edits = int.Parse(System.Environment.GetEnvironmentVariable("CM_EDITS") ?? "300", CultureInfo.InvariantCulture);
        Random random = new(20261125);
        await StartAsync("");
        int processId = (await Server.StatusAsync()).Containers.Single(container => container.Name == _name).ProcessId!.Value;
        Dictionary<string, string> wanted = [];
        for (int edit = 0; edit < edits; edit++)
        {
            bool last = edit == edits - 1;
            if (!last && random.Next(5) == 0)
            {
                Server.Configure(random.Next(2) == 0 ? "{" : $$"""{ "containerConfigs": { "{{_name}}": { "_automount": { "{{_host["a"]}}": "absolut" } } } }""");
                Assert.NotEmpty((await Server.ReloadConfigurationAsync()).Errors);
            }
            else
            {
                (string Source, string Target)[] rules = last ? [("a", "/t/0"), ("b", "/t/1")] : Some(random);
                wanted = rules.ToDictionary(rule => rule.Target, rule => _host[rule.Source]);
                Server.Configure(Configuration(Rules(rules)));
                Assert.Empty((await Server.ReloadConfigurationAsync()).Errors);
            }

            await Server.UntilAsync(_ => MountedIn(processId).SequenceEqual(wanted.OrderBy(rule => rule.Key, StringComparer.Ordinal).Select(rule => (rule.Key, Path.GetFileName(rule.Value)))));
        }

        await Server.StopAsync();
        (string Target, string File)[] before = [.. MountedIn(processId)];
        Assert.Equal(2, before.Length);
        string[] enter = ["--target", processId.ToString(CultureInfo.InvariantCulture), "--mount", "--pid", "--root", "--wd", "--"];
        (await Command.RunAsync("nsenter", [.. enter, "umount", .. before.Select(mount => mount.Target)])).OutputOrThrow();
        Assert.Empty(MountedIn(processId));
        Server.Configure(Configuration(Rules([.. wanted.Select(rule => (Path.GetFileName(rule.Value), rule.Key))])));
        await Server.StartAsync();
        await Server.UntilAsync(_ => MountedIn(processId).SequenceEqual(before));
    }

    private static (string Source, string Target)[] Some(Random random) =>
    [
        .. Enumerable.Range(0, random.Next(6)).Select(_ => (Source: ((string[])["a", "b", "c"])[random.Next(3)], Target: $"/t/{random.Next(4)}"))
            .DistinctBy(rule => rule.Source).DistinctBy(rule => rule.Target),
    ];

    private static IEnumerable<(string Target, string File)> MountedIn(int processId) => MountTable.OfProcess(processId).Mounts
        .Where(mount => mount.MountPoint.StartsWith("/t/", StringComparison.Ordinal))
        .Select(mount => (mount.MountPoint, Path.GetFileName(mount.Root)))
        .OrderBy(mount => mount.MountPoint, StringComparer.Ordinal);

    private string Rules(params (string Source, string Target)[] rules) =>
        $$""" "_automount": { {{string.Join(", ", rules.Select(rule => $$"""{{'"'}}{{_host[rule.Source]}}{{'"'}}: { "target": "{{rule.Target}}" }"""))}} } """;

    private string Configuration(string rules) => $$"""{ "containerConfigs": { "{{_name}}": { {{rules}} } } }""";

    private async Task StartAsync(string rules)
    {
        _server = new ServerUnderTest(["Namespaces"], Configuration(rules));
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
        _started.Add(_name);
    }

    private async Task<string> ExecAsync(string script) => (await _runtime.ExecAsync(Server, _name, "sh", "-c", script + "; true")).TrimEnd('\n');
}
