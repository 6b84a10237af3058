using System.Text;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Files;

/// <summary>Records that are written over in place.</summary>
public sealed class OwnRecordTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("record-");

    private string Record => Path.Combine(_directory.FullName, "record");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(new[] { "one", "two" }, "two")]
    [InlineData(new[] { "longer", "two" }, "two\n\n\n")]
    [InlineData(new[] { "two", "longer" }, "longer")]
    public void What_is_written_last_is_there(string[] written, string expected)
    {
        Array.ForEach(written, Write);
        Assert.Equal(expected, File.ReadAllText(Record));
        Assert.Single(_directory.GetFiles());
    }

    [Fact]
    public void What_does_not_fit_a_page_takes_the_place_of_what_was_there()
    {
        string large = new('x', Environment.SystemPageSize + 1);
        Write("small");
        Write(large);
        Assert.Equal(large, File.ReadAllText(Record));
        Write("small");
        Assert.Equal("small", File.ReadAllText(Record));
        Assert.Single(_directory.GetFiles());
    }

    private void Write(string text) => OwnRecord.Write(Record, Encoding.UTF8.GetBytes(text), Record + ".new");
}
