using System.Text.Json;
using ContainerManager.Plugins.Podman;

namespace ContainerManager.Tests.Integration.Podman;

public sealed class PodmanSettingsTests
{
    [Theory]
    [InlineData(null, "/run/podman/podman.sock True [] [] False")]
    [InlineData("null", "/run/podman/podman.sock True [] [] False")]
    [InlineData("{}", "/run/podman/podman.sock True [] [] False")]
    [InlineData("""{ "sockets": ["unix:///a", "unix:///b", "unix:///a"] }""", "/a /b False [] [] False")]
    [InlineData("""{ "sockets": ["unix:///a"], "service": true, "options": ["--root", "/r"] }""", "/a True [--root /r] [] False")]
    [InlineData("""{ "service": false, "users": ["alice", 1000, "*", "alice"] }""", "/run/podman/podman.sock False [] [alice 1000] True")]
    public void All_of_it_is_optional(string? settings, string expected)
    {
        PodmanSettings read = PodmanSettings.From(Parse(settings));
        Assert.Equal(
            expected,
            $"{string.Join(' ', read.Sockets)} {read.Service} [{string.Join(' ', read.Options)}] [{string.Join(' ', read.Users)}] {read.EveryUser}");
    }

    [Theory]
    [InlineData("[]", "Podman: expected an object")]
    [InlineData("""{ "socket": [] }""", "Podman.socket: unknown")]
    [InlineData("""{ "sockets": [] }""", "Podman.sockets: expected")]
    [InlineData("""{ "sockets": ["tcp://elsewhere:1"] }""", "Podman.sockets[0]: expected")]
    [InlineData("""{ "service": "yes" }""", "Podman.service: expected")]
    [InlineData("""{ "options": "--root=/r" }""", "Podman.options: expected")]
    [InlineData("""{ "options": ["--a", 1] }""", "Podman.options[1]: expected")]
    [InlineData("""{ "users": "alice" }""", "Podman.users: expected")]
    [InlineData("""{ "users": ["alice", -1] }""", "Podman.users[1]: expected")]
    [InlineData("""{ "users": ["--help"] }""", "Podman.users[0]: expected")]
    [InlineData("""{ "users": ["a/b"] }""", "Podman.users[0]: expected")]
    [InlineData("""{ "users": ["root"] }""", "Podman.users[0]: root's")]
    [InlineData("""{ "users": [0] }""", "Podman.users[0]: root's")]
    public void Anything_else_is_an_error_that_says_where(string settings, string where) =>
        Assert.Contains(where, Assert.Throws<FormatException>(() => PodmanSettings.From(Parse(settings))).Message, StringComparison.Ordinal);

    private static JsonElement? Parse(string? json) => json is null ? null : JsonElement.Parse(json);
}
