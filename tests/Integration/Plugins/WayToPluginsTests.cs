using ContainerManager.Host.Plugins;
using ContainerManager.Host.Plugins.Folders;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Plugins;

/// <summary>Who can write in a directory above the plugins could put others in their place.</summary>
public sealed class WayToPluginsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("way");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0b111_111_111, true)]
    [InlineData(0b111_111_101, true)]
    [InlineData(0b1_111_111_111, false)]
    [InlineData(0b111_101_101, false)]
    public void ADirectoryAboveThatOthersCanWriteIsRefused(int mode, bool refused)
    {
        TestPlugin.Install("PidFiles", Directory.CreateDirectory(_directory["open/plugins"]).FullName);
        File.SetUnixFileMode(_directory["open"], (UnixFileMode)mode);
        string? complaint = ComplaintAbout(_directory["open/plugins"]);
        Assert.Equal(refused, complaint?.Contains($"{_directory["open"]}, on the way", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void ALinkIsNoWayAround()
    {
        TestPlugin.Install("PidFiles", Directory.CreateDirectory(_directory["open/plugins"]).FullName);
        File.SetUnixFileMode(_directory["open"], (UnixFileMode)0b111_111_111);
        Directory.CreateDirectory(_directory["plugins"]);
        Directory.CreateSymbolicLink(_directory["plugins/PidFiles"], _directory["open/plugins/PidFiles"]);
        Assert.Contains("on the way", ComplaintAbout(_directory["plugins"]), StringComparison.Ordinal);
    }

    private static string? ComplaintAbout(string plugins)
    {
        try
        {
            Assert.NotNull(PluginFolder.Look(plugins, "PidFiles", user: 0));
            return null;
        }
        catch (PluginException refusal)
        {
            return refusal.Message;
        }
    }
}
