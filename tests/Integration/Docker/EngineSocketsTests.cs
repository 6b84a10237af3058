using System.Text.Json;
using ContainerManager.Plugins.Docker;

namespace ContainerManager.Tests.Integration.Docker;

public sealed class EngineSocketsTests
{
    [Theory]
    [InlineData(null, null, "/var/run/docker.sock")]
    [InlineData(null, "", "/var/run/docker.sock")]
    [InlineData(null, "unix:///tmp/d.sock", "/tmp/d.sock")]
    [InlineData("{}", "unix:///tmp/d.sock", "/tmp/d.sock")]
    [InlineData("""{ "sockets": ["unix:///a", "unix:///b", "unix:///a"] }""", "tcp://elsewhere:2375", "/a /b")]
    public void The_settings_come_first_then_the_environment_then_the_default(string? settings, string? dockerHost, string expected) =>
        Assert.Equal(expected, string.Join(' ', EngineSockets.From(Parse(settings), dockerHost)));

    [Theory]
    [InlineData(null, "tcp://elsewhere:2375", "DOCKER_HOST")]
    [InlineData(null, "unix://relative", "DOCKER_HOST")]
    [InlineData("""{ "sockets": ["unix:///a", "ssh://me@there"] }""", null, "sockets[1]")]
    [InlineData("""{ "sockets": [17] }""", null, "sockets[0]")]
    [InlineData("""{ "sockets": [] }""", null, "sockets: expected")]
    [InlineData("""{ "sockets": "unix:///a" }""", null, "sockets: expected")]
    [InlineData("""{ "socket": "unix:///a" }""", null, "socket: unknown")]
    [InlineData("[]", null, "expected {")]
    public void Anything_else_is_an_error_that_says_where(string? settings, string? dockerHost, string where) =>
        Assert.Contains(
            where, Assert.Throws<FormatException>(() => EngineSockets.From(Parse(settings), dockerHost)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_path_longer_than_a_socket_may_have_is_refused() =>
        Assert.Throws<FormatException>(() => EngineSockets.From(null, "unix:///" + new string('x', 107)));

    private static JsonElement? Parse(string? json) => json is null ? null : JsonElement.Parse(json);
}
