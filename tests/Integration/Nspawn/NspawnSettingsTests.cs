using System.Text.Json;
using ContainerManager.Plugins.Nspawn;

namespace ContainerManager.Tests.Integration.Nspawn;

public sealed class NspawnSettingsTests
{
    [Theory]
    [InlineData("null", "/run/systemd/machines", true)]
    [InlineData("{}", "/run/systemd/machines", true)]
    [InlineData("""{ "machinesDirectory": "/x/y/", "unregistered": false }""", "/x/y", false)]
    public void Settings_are_read(string text, string directory, bool unregistered) =>
        Assert.Equal(new NspawnSettings(directory, unregistered), NspawnSettings.From(JsonElement.Parse(text)));

    [Theory]
    [InlineData("[]", "settings.plugins.Nspawn: expected")]
    [InlineData("""{ "directory": "/x" }""", "settings.plugins.Nspawn.directory: unknown")]
    [InlineData("""{ "machinesDirectory": "x" }""", "settings.plugins.Nspawn.machinesDirectory: expected an absolute path")]
    [InlineData("""{ "machinesDirectory": 1 }""", "settings.plugins.Nspawn.machinesDirectory: expected an absolute path")]
    [InlineData("""{ "unregistered": "no" }""", "settings.plugins.Nspawn.unregistered: expected true or false, found \"no\"")]
    public void What_is_wrong_is_said(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<FormatException>(() => NspawnSettings.From(JsonElement.Parse(text))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("web", "-M", "web")]
    [InlineData("web", "-qbMweb", "-D", "/srv/x")]
    [InlineData("web", "--machine=web", "--bind", "-Mother", "sh", "-M", "third")]
    [InlineData("web", "--bind", "--machine=other", "--mach", "web", "--", "--machine=x")]
    [InlineData("web", "--private-users", "--volatile", "-M", "web")]
    [InlineData("web", "-D", "/srv/web/", "--hostname", "other")]
    [InlineData("web", "--directory=machines/we(b)")]
    [InlineData("web", "-x", "--image=/srv/web.raw")]
    [InlineData("current", "-b", "sh", "-M", "x")]
    [InlineData("thehost", "-D", "/")]
    [InlineData(null, "-M", "../../etc")]
    public void The_name_is_nspawn_s(string? name, params string[] arguments) =>
        Assert.Equal(name, new NspawnCommandLine(["systemd-nspawn", .. arguments]).MachineName("/some/current", "thehost"));

    [Theory]
    [InlineData("NAME=web\nCLASS=container\nLEADER=77\n", "web", 77, null)]
    [InlineData("# x\nNAME=\"web\"\nSCOPE=\"machine-web.scope\"\nSERVICE=nspawn\nCLASS=\"container\"\nLEADER=\"77\"\n", "web", 77, "machine-web.scope")]
    [InlineData("NAME=web\nCLASS=vm\nLEADER=77\n", null, 0, null)]
    [InlineData("NAME=.host\nCLASS=host\nLEADER=1\n", null, 0, null)]
    [InlineData("NAME=web\nCLASS=container\nLEADER=1\n", null, 0, null)]
    [InlineData("NAME=../web\nCLASS=container\nLEADER=77\n", null, 0, null)]
    [InlineData("", null, 0, null)]
    public void A_registration_is_read(string text, string? name, int leader, string? unit) =>
        Assert.Equal(name is null ? null : new Registration(name, leader, unit), Registration.Parse(text));
}
