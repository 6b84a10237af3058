using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Tests.Unit.Configuration;

public sealed class NearMissTests
{
    private static readonly string[] Known = ["readOnly", "recursive", "noExec", "target", "plugins", "pluginDirectory", "Information"];

    [Theory]
    [InlineData("readonly", "readOnly")]
    [InlineData("read_only", "readOnly")]
    [InlineData("READ-ONLY", "readOnly")]
    [InlineData("raedOnly", "readOnly")]
    [InlineData("taget", "target")]
    [InlineData("targett", "target")]
    [InlineData("plugin", "plugins")]
    [InlineData("info", "Information")]
    [InlineData("", null)]
    [InlineData("x", null)]
    [InlineData("source", null)]
    [InlineData("_", null)]
    public void Suggests_what_is_near_enough(string word, string? suggestion) => Assert.Equal(suggestion, NearMiss.Find(word, Known));
}
