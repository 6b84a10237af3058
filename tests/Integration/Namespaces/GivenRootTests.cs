using ContainerManager.Abstractions;
using ContainerManager.Plugins.Namespaces;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>Containers in a directory that somebody made, perhaps with bad intent.</summary>
public sealed class GivenRootTests : IAsyncDisposable
{
    private readonly NamespacesBed _bed = new();

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_busybox_tree_is_enough(bool userNamespace)
    {
        string root = MakeRoot();
        if (userNamespace)
        {
            SubordinateIds ids = SubordinateIds.OfHost();
            (await Command.RunAsync("chown", ["-R", $"{ids.FirstUser}:{ids.FirstGroup}", root])).OutputOrThrow();
        }

        LaunchRequest request = Request(root, "ls /; hostname; echo kept > /file; test -c /dev/null && test -d /proc/1") with { UserNamespace = userNamespace };
        Assert.Equal("bin\ndev\nproc\nrun\nsys\ntmp\nbox", await _bed.OutputOfAsync(request));
        Assert.Equal("kept\n", File.ReadAllText(Path.Combine(root, "file")));
    }

    /// <summary>As machinectl(1) keeps its trees: the container's root may not pass the directory above.</summary>
    [Fact]
    public async Task A_root_beneath_a_private_directory_is_as_good()
    {
        string root = MakeRoot();
        SubordinateIds ids = SubordinateIds.OfHost();
        (await Command.RunAsync("chown", ["-R", $"{ids.FirstUser}:{ids.FirstGroup}", root])).OutputOrThrow();
        string machines = Directory.CreateDirectory(_bed["machines"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        Directory.Move(root, Path.Combine(machines, "root"));
        Assert.Equal("box", await _bed.OutputOfAsync(Request(Path.Combine(machines, "root"), "hostname") with { UserNamespace = true }));
    }

    [Fact]
    public async Task A_root_that_is_not_there_is_named()
    {
        IOException failure = await Assert.ThrowsAnyAsync<IOException>(
            () => _bed.LaunchAsync(Request(_bed["missing"], "true"), TestContext.Current.CancellationToken));
        Assert.Contains(_bed["missing"], failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_root_of_somebody_else_is_refused_with_a_remedy()
    {
        LaunchRequest request = Request(MakeRoot(), "true") with { UserNamespace = true };
        IOException failure = await Assert.ThrowsAnyAsync<IOException>(() => _bed.LaunchAsync(request, TestContext.Current.CancellationToken));
        Assert.Contains($"chown -R {SubordinateIds.OfHost().FirstUser}:", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("proc")]
    [InlineData("sys")]
    [InlineData("tmp")]
    [InlineData("run")]
    public async Task A_link_in_it_does_not_lead_out(string name)
    {
        string root = MakeRoot();
        string outside = Directory.CreateDirectory(_bed["outside"]).FullName;
        // As the host sees it, and by a process's magic links, of which one is the host's root during set-up.
        foreach (string target in (string[])[outside, "/proc/1/fd/3" + outside, "/proc/1/cwd" + outside, "../../../../.." + outside])
        {
            File.CreateSymbolicLink(Path.Combine(root, name), target);
            try
            {
                (await _bed.RunAsync(Request(root, "true"))).ToString();
            }
            catch (IOException)
            {
                // Refused is as good.
            }

            Assert.Empty(Directory.GetFileSystemEntries(outside));
            File.Delete(Path.Combine(root, name));
        }
    }

    private static LaunchRequest Request(string root, string script) => new() { Name = "box", Command = ["busybox", "sh", "-c", script], Root = root };

    private string MakeRoot()
    {
        string root = Directory.CreateDirectory(_bed["root"]).FullName;
        string bin = Directory.CreateDirectory(Path.Combine(root, "bin")).FullName;
        File.Copy("/bin/busybox", Path.Combine(bin, "busybox"));
        foreach (string applet in (string[])["sh", "ls", "hostname", "test", "true"])
        {
            File.CreateSymbolicLink(Path.Combine(bin, applet), "busybox");
        }

        return root;
    }
}
