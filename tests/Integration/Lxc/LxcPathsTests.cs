using System.Text.Json;
using ContainerManager.Plugins.Lxc;

namespace ContainerManager.Tests.Integration.Lxc;

public sealed class LxcPathsTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("null", "")]
    [InlineData("{}", "")]
    [InlineData("""{ "paths": ["/srv/lxc", "/a//b/", "/srv/lxc/"] }""", "/srv/lxc /a/b")]
    public void The_settings_name_further_lxcpaths(string? settings, string expected) =>
        Assert.Equal(expected, string.Join(' ', LxcPaths.From(Parse(settings))));

    [Theory]
    [InlineData("""{ "paths": ["/a", "relative"] }""", "paths[1]")]
    [InlineData("""{ "paths": ["/a/../b"] }""", "paths[0]")]
    [InlineData("""{ "paths": ["/"] }""", "paths[0]")]
    [InlineData("""{ "paths": ["/a\nb"] }""", "paths[0]")]
    [InlineData("""{ "paths": [17] }""", "paths[0]")]
    [InlineData("""{ "paths": [] }""", "paths: expected")]
    [InlineData("""{ "paths": "/a" }""", "paths: expected")]
    [InlineData("""{ "path": "/a" }""", "path: unknown")]
    [InlineData("[]", "expected {")]
    public void Anything_else_is_an_error_that_says_where(string settings, string where) =>
        Assert.Contains(where, Assert.Throws<FormatException>(() => LxcPaths.From(Parse(settings))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_path_longer_than_lxc_monitor_can_follow_is_refused() =>
        Assert.Throws<FormatException>(() => LxcPaths.From(Parse($$"""{ "paths": ["/{{new string('x', LxcPaths.LongestPath)}}"] }""")));

    private static JsonElement? Parse(string? json) => json is null ? null : JsonElement.Parse(json);
}
