using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.KernelAbi;

/// <summary>Compiles and runs small C programs against this machine's headers.</summary>
internal static class CCompiler
{
    /// <summary>The lines that the program prints; null and gcc's words when it does not compile.</summary>
    internal static async Task<(string[]? Output, string Errors)> RunAsync(string source)
    {
        using TemporaryDirectory directory = new("compiler");
        await File.WriteAllTextAsync(directory["program.c"], source);
        CommandResult compiled = await Command.RunAsync("gcc", ["-w", "-o", directory["program"], directory["program.c"]]);
        if (compiled.ExitCode != 0)
        {
            return (null, compiled.Error);
        }

        CommandResult result = await Command.RunAsync(directory["program"], []);
        return (result.OutputOrThrow().Split('\n', StringSplitOptions.RemoveEmptyEntries), "");
    }
}
