using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Nspawn;

/// <summary>Ways to start a machine that need no scenario table of their own.</summary>
public sealed class OptionTests : IDisposable
{
    private readonly TemporaryDirectory _host = new("host");
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..16];

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(false, "--as-pid2")]
    [InlineData(true, "--private-users=pick", "--private-users-ownership=chown")]
    [InlineData(true, "--private-users=pick", "--private-users-ownership=map")]
    [InlineData(true, "--private-users=1048576:65536", "--private-users-ownership=map")]
    public async Task A_mount_point_belongs_to_the_container_s_root(bool userNamespace, params string[] options)
    {
        await File.WriteAllTextAsync(_host["letter"], "one", TestContext.Current.CancellationToken);
        string configuration = $$"""{ "containerConfigs": { "nspawn:{{_name}}": { "_automount": { "{{_host["letter"]}}": { "target": "/made/deep/letter" } } } } }""";
        await using NspawnMachines machines = new() { Options = ["--register=no", .. options] };
        await using ServerUnderTest server = new(["Nspawn"], configuration);
        await server.StartAsync();
        await machines.StartAsync(_name);
        await server.UntilBindingAsync(_name, "/made/deep/letter", "attached");

        Assert.Equal(userNamespace, ProcessFacts.Read(machines.LeaderOf(_name), "uid_map").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)[1] != "0");
        Assert.Equal("one", await ExecAsync("cat", "/made/deep/letter"));
        Assert.Equal("0:0\n0:0", await ExecAsync("stat", "-c", "%u:%g", "/made", "/made/deep"));
        Assert.Equal("mine", await ExecAsync("sh", "-c", "mkdir /made/deep/own && rmdir /made/deep/own && echo mine"));
        File.Delete(_host["letter"]);
        await server.UntilGoneAsync(_name, "/made/deep/letter");
        Assert.Equal("gone", await ExecAsync("sh", "-c", "test -e /made || echo gone"));

        async Task<string> ExecAsync(params string[] command) => (await MachineCommand.RunAsync(machines.LeaderOf(_name), userNamespace, command)).TrimEnd('\n');
    }
}
