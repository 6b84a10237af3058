using System.Text;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Tests.Unit.Configuration;

public sealed class PositionTests
{
    [Theory]
    [InlineData("", 0, 1, 1)]
    [InlineData("ab", 1, 1, 2)]
    [InlineData("a\nb", 2, 2, 1)]
    [InlineData("a\r\nb", 3, 2, 1)]
    [InlineData("a\n\n", 3, 3, 1)]
    [InlineData("ü😀x", 6, 1, 3)]
    public void Counts_lines_and_characters_from_1(string text, int offset, int line, int column) =>
        Assert.Equal(new TextPosition(line, column), new SourceText(Encoding.UTF8.GetBytes(text), "f").PositionOf(offset));

    [Fact]
    public void Does_not_count_a_byte_order_mark() =>
        Assert.Equal(new TextPosition(1, 1), new SourceText(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'x' }, "f").PositionOf(0));

    [Fact]
    public void An_error_is_one_line_as_compilers_write_it()
    {
        var error = new ConfigurationError("/etc/x.conf", new TextPosition(3, 7), "settings.socket", "a path", "5", "like this");
        Assert.Equal("/etc/x.conf:3:7: settings.socket: expected a path, found 5 (like this)", error.ToString());
    }

    [Fact]
    public void An_error_about_the_whole_file_has_no_position() => Assert.Equal(
        "x.conf: expected a file, found nothing",
        new ConfigurationError("x.conf", null, "", "a file", null, null).ToString());
}
