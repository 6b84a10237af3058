using Mono.Cecil;

namespace ContainerManager.Tests.Architecture.NativeCalls;

public sealed class NativeCallTests
{
    public static TheoryData<string> ProjectsWithoutNativeCalls =>
        [.. Repository.Files(".csproj", "src", "plugins").Where(project => !project.StartsWith("src/Linux/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(ProjectsWithoutNativeCalls))]
    public void Native_calls_are_in_Linux_alone(string project)
    {
        using ModuleDefinition module = Assemblies.OfProject(project);

        Findings.AssertNone(NativeCallRules.Offences(module), "Native calls belong in src/Linux, behind a type that means something.");
    }

    [Fact]
    public void Native_calls_are_found()
    {
        using ModuleDefinition linux = Assemblies.OfProject("src/Linux/ContainerManager.Linux.csproj");
        using ModuleDefinition own = Assemblies.Own();
        string[] linuxCalls = [.. NativeCallRules.Offences(linux)];
        string[] ownCalls = [.. NativeCallRules.Offences(own)];

        Assert.Contains(linuxCalls, line => line.Contains("imports statx of libc", StringComparison.Ordinal));
        Assert.Contains(linuxCalls, line => line.Contains("calls through a function pointer", StringComparison.Ordinal));
        Assert.Contains(ownCalls, line => line.EndsWith("NativeSamples.getpid: imports getpid of libc", StringComparison.Ordinal));
        Assert.Contains(ownCalls, line => line.EndsWith("NativeSamples.Pointer: calls through a function pointer", StringComparison.Ordinal));
        Assert.Contains(ownCalls, line => line.EndsWith("NativeSamples.Load: uses NativeLibrary.Load", StringComparison.Ordinal));
        Assert.Contains(ownCalls, line => line.EndsWith("NativeSamples.LibC: calls Tmds.LibC's getppid", StringComparison.Ordinal));
        Assert.DoesNotContain(ownCalls, line => line.Contains("NativeSamples.Constant", StringComparison.Ordinal));
    }
}
