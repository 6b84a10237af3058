using ContainerManager.Abstractions;
using ContainerManager.Host.Plugins;
using ContainerManager.Host.Plugins.Folders;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Plugins;

public sealed class FolderTests : IDisposable
{
    /// <summary>An assembly that uses the contracts: the server's own.</summary>
    private static readonly byte[] Good = File.ReadAllBytes(Path.ChangeExtension(typeof(PluginFolder).Assembly.Location, ".dll"));

    private readonly string _parent = Directory.CreateTempSubdirectory("plugins-").FullName;

    private string Folder => Directory.CreateDirectory(Path.Combine(_parent, "P")).FullName;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Theory]
    [InlineData(0u, 0b111_101_101u, null)]
    [InlineData(0u, 0b110_100_100u, null)]
    [InlineData(1000u, 0b110_100_100u, "/p belongs to user 1000, and only files of user 0 are loaded: chown 0 '/p'")]
    [InlineData(0u, 0b110_110_100u, "/p can be written by others than its owner: chmod go-w '/p'")]
    [InlineData(0u, 0b110_100_110u, "/p can be written by others than its owner: chmod go-w '/p'")]
    public void Only_what_nobody_else_can_change_is_trusted(uint owner, uint mode, string? complaint) =>
        Assert.Equal(complaint, FileTrust.Complaint("/p", new FileStatus(default, 0, 0, mode, owner, 0), 0));

    [Theory]
    [InlineData("1.0.0.0", "1.9.0.0", null)]
    [InlineData("99.0.0.0", "1.2.3.0", "P.dll was built against ContainerManager.Abstractions 99.0.0, this server has 1.2.3: build it against 1.x, or install a server of version 99")]
    [InlineData(null, "1.2.3.0", "P.dll is foreign: it does not use ContainerManager.Abstractions; a plugin implements its contracts")]
    public void Major_versions_must_be_equal(string? theirs, string ours, string? error)
    {
        PluginException? refused = Record.Exception(() => AssemblyImage.Check("P", theirs is null ? null : Version.Parse(theirs), Version.Parse(ours))) as PluginException;

        Assert.Equal(error, refused?.Message);
    }

    [Fact]
    public void A_good_assembly_says_its_version()
    {
        File.WriteAllBytes(Path.Combine(Folder, "P.dll"), Good);

        PluginFolder? folder = Look();

        Assert.Equal("0.1.0", folder?.Image?.Version);
        Assert.Equal(typeof(IContainerRuntime).Assembly.GetName().Version, folder?.Image?.Contracts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void An_assembly_without_its_end_is_incomplete(int length)
    {
        File.WriteAllBytes(Path.Combine(Folder, "P.dll"), Good[..length]);

        Assert.Equal(PluginState.Incomplete, Assert.Throws<PluginException>(Look).State);
    }

    [Fact]
    public void A_library_without_its_end_makes_the_plugin_incomplete()
    {
        File.WriteAllBytes(Path.Combine(Folder, "P.dll"), Good);
        File.WriteAllBytes(Path.Combine(Folder, "Library.dll"), Good[..^512]);

        Assert.StartsWith("Library.dll is incomplete", Assert.Throws<PluginException>(Look).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fingerprint_is_of_names_and_contents()
    {
        File.WriteAllBytes(Path.Combine(Folder, "P.dll"), Good);
        File.WriteAllText(Path.Combine(Folder, "a"), "1");
        List<string> seen = [Look()!.Fingerprint];
        File.SetLastWriteTimeUtc(Path.Combine(Folder, "a"), DateTime.UnixEpoch);
        Assert.Equal(seen[0], Look()!.Fingerprint);

        File.WriteAllText(Path.Combine(Folder, "a"), "2");
        seen.Add(Look()!.Fingerprint);
        File.Move(Path.Combine(Folder, "a"), Path.Combine(Folder, "b"));
        seen.Add(Look()!.Fingerprint);
        Directory.CreateDirectory(Path.Combine(Folder, "c"));
        File.Move(Path.Combine(Folder, "b"), Path.Combine(Folder, "c/b"));
        seen.Add(Look()!.Fingerprint);

        Assert.Equal(4, seen.Distinct().Count());
    }

    [Fact]
    public void A_link_counts_as_what_it_leads_to()
    {
        string elsewhere = Directory.CreateDirectory(Path.Combine(_parent, "elsewhere")).FullName;
        File.WriteAllBytes(Path.Combine(elsewhere, "P.dll"), Good);
        Directory.CreateSymbolicLink(Path.Combine(_parent, "P"), elsewhere);
        Assert.Equal(Path.Combine(elsewhere, "P.dll"), Look()?.Assembly);

        File.SetUnixFileMode(elsewhere, File.GetUnixFileMode(elsewhere) | UnixFileMode.OtherWrite);
        Assert.Contains("chmod go-w", Assert.Throws<PluginException>(Look).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_folder_is_no_plugin_and_an_empty_one_has_no_assembly()
    {
        Assert.Null(Look());
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
        Assert.Null(Look()!.Assembly);
    }

    private PluginFolder? Look() => PluginFolder.Look(_parent, "P", OwnProcess.EffectiveUser);
}
