namespace ContainerManager.Tests.Architecture.Conventions;

public sealed class ConventionTests
{
    private static readonly SourceFile[] s_files = [.. SourceFile.All()];

    [Fact]
    public void Files_are_short() => Findings.AssertNone(s_files.SelectMany(ConventionRules.TooLong), "One idea per file.");

    [Fact]
    public void Names_say_what_is_inside() => Findings.AssertNone(s_files.SelectMany(ConventionRules.VagueNames), "Name it after what it does.");

    [Fact]
    public void Namespaces_follow_folders() => Findings.AssertNone(s_files.SelectMany(ConventionRules.StrayNamespace), "");

    [Fact]
    public void Exceptions_are_caught_by_type() =>
        Findings.AssertNone(
            Beyond(Exemptions.CatchAll).SelectMany(ConventionRules.CatchAll), "A boundary that must hold? It goes into Exemptions.cs, with the reason.");

    [Fact]
    public void Nothing_waits_by_the_clock() =>
        Findings.AssertNone(Beyond(Exemptions.Delay).SelectMany(ConventionRules.Delays), "Wait for the event; a retry policy goes into Exemptions.cs.");

    [Fact]
    public void Exemptions_are_still_needed()
    {
        SourceFile[] exempt = [.. s_files.Where(file => Exemptions.CatchAll.ContainsKey(file.Path) && ConventionRules.CatchAll(file).Any())];
        SourceFile[] delaying = [.. s_files.Where(file => Exemptions.Delay.ContainsKey(file.Path) && ConventionRules.Delays(file).Any())];

        Findings.AssertNone(
            Exemptions.CatchAll.Keys.Except(exempt.Select(file => file.Path)).Concat(Exemptions.Delay.Keys.Except(delaying.Select(file => file.Path))),
            "Take it out of Exemptions.cs.");
    }

    [Theory]
    [InlineData("catch { Log(); }", true)]
    [InlineData("catch\n{\n}", true)]
    [InlineData("catch (Exception) { }", true)]
    [InlineData("catch (Exception e) when (e is not IOException) { Log(e); }", true)]
    [InlineData("catch (System.Exception e) when (!token.IsCancellationRequested) { Log(e); }", true)]
    [InlineData("catch (Exception e) when (e is IOException or FormatException) { Log(e); }", false)]
    [InlineData("catch (IOException) { }", false)]
    [InlineData("catch { Undo(() => { }); throw; }", false)]
    [InlineData("catch { Log(\"throw;\"); }", true)]
    [InlineData("// catch { Log(); }", false)]
    [InlineData("string s = \"catch { }\";", false)]
    [InlineData("char c = '\"'; catch { Log(); }", true)]
    public void A_catch_all_is_found(string code, bool found) => Assert.Equal(found, ConventionRules.CatchAll(File("x.cs", code)).Any());

    [Theory]
    [InlineData("await Task.Delay(1);", true)]
    [InlineData("System.Threading.Thread.Sleep(1);", true)]
    [InlineData("// no Task.Delay here", false)]
    public void A_delay_is_found(string code, bool found) => Assert.Equal(found, ConventionRules.Delays(File("x.cs", code)).Any());

    [Theory]
    [InlineData("src/Host/Mounting/A.cs", "namespace ContainerManager.Host.Mounting;", false)]
    [InlineData("src/Host/Mounting/A.cs", "namespace ContainerManager.Host;", true)]
    [InlineData("src/Host/Mounting/A.cs", "class A;", true)]
    [InlineData("src/Host/Program.cs", "Run();", false)]
    [InlineData("src/Linux/Files/A.cs", "namespace ContainerManager.Linux;", false)]
    [InlineData("plugins/Docker/A.cs", "namespace ContainerManager.Plugins.Docker;", false)]
    [InlineData("plugins/Docker/A.cs", "namespace Docker;", true)]
    public void A_stray_namespace_is_found(string path, string code, bool found) => Assert.Equal(found, ConventionRules.StrayNamespace(File(path, code)).Any());

    [Theory]
    [InlineData("PathHelper.cs", "class PathHelper;", true)]
    [InlineData("A.cs", "internal sealed record struct MountManager(int A);", true)]
    [InlineData("Utils.cs", "", true)]
    [InlineData("ManagerOfThings.cs", "", true)]
    [InlineData("ContainerManagerOptions.cs", "class ContainerManagerOptions;", false)]
    [InlineData("Managed.cs", "class Managed; // class Helper", false)]
    public void A_vague_name_is_found(string path, string code, bool found) => Assert.Equal(found, ConventionRules.VagueNames(File(path, code)).Any());

    [Fact]
    public void A_long_file_is_found()
    {
        Assert.Empty(ConventionRules.TooLong(File("x.cs", new string('\n', 350))));
        Assert.Equal(["x.cs: 351 lines; 350 at most, and about 80 is good"], ConventionRules.TooLong(File("x.cs", new string('\n', 351))));
    }

    private static SourceFile File(string path, string text) => new(path, text);

    private static IEnumerable<SourceFile> Beyond(Dictionary<string, string> exemptions) => s_files.Where(file => !exemptions.ContainsKey(file.Path));
}
