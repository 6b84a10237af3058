using ContainerManager.Host.Configuration.Checks;
using CsCheck;

namespace ContainerManager.Tests.Unit.Configuration;

public sealed class PathTextTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("///", "/")]
    [InlineData("/.", "/")]
    [InlineData("/a//b/./c/", "/a/b/c")]
    [InlineData("/...", "/...")]
    [InlineData("/.X11-unix", "/.X11-unix")]
    public void Normalises(string text, string expected)
    {
        Assert.True(PathText.TryNormalise(text, out string? path, out _));
        Assert.Equal(expected, path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("./a")]
    [InlineData("~")]
    [InlineData("/..")]
    [InlineData("/a/../b")]
    [InlineData("/a\0")]
    public void Refuses(string text) => Assert.False(PathText.TryNormalise(text, out _, out _));

    [Theory]
    [InlineData(4095, true)]
    [InlineData(4096, false)]
    public void Takes_as_many_bytes_as_the_kernel(int length, bool fits)
    {
        Assert.Equal(fits, PathText.TryNormalise("/" + new string('a', length - 1), out _, out _));
        Assert.Equal(fits, PathText.TryNormalise("/a" + new string('ü', (length - 2) / 2) + new string('a', (length - 2) % 2), out _, out _));
    }

    [Theory]
    [InlineData("/*", true)]
    [InlineData("/a?/[a-z]*/[!x]", true)]
    [InlineData("/[]]", true)]
    [InlineData("/[!]]", true)]
    [InlineData("/[[]", true)]
    [InlineData("/]", true)]
    [InlineData("/[", false)]
    [InlineData("/[]", false)]
    [InlineData("/[!]", false)]
    [InlineData("/[a/b]", false)]
    [InlineData("/**", false)]
    [InlineData("/a/**/b", false)]
    public void Knows_patterns(string text, bool good) => Assert.Equal(good, PathText.TryNormalisePattern(text, out _, out _));

    [Fact]
    public void What_is_normalised_stays_as_it_is() => Gen.String[Gen.Char["/.a*["], 0, 12].Sample(text =>
    {
        if (PathText.TryNormalise(text, out string? path, out _))
        {
            Assert.True(PathText.TryNormalise(path, out string? again, out _));
            Assert.Equal(path, again);
            // Where the kernel goes with both is the same place.
            Assert.Equal(Path.TrimEndingDirectorySeparator(Path.GetFullPath(text)), path);
        }
    });
}
