using ContainerManager.Host.Configuration.Checks;

namespace ContainerManager.Host.Configuration.Startup;

/// <summary>What <c>--check</c> says of a good file.</summary>
internal static class Summary
{
    internal static string Of(string file, ServerConfiguration configuration)
    {
        ILookup<string, PathRule> paths = configuration.Containers.SelectMany(c => c.Paths).ToLookup(p => p.Origin);
        return $"{file}: good: {Count(configuration.Containers.Length, "container")}, " +
            $"{Count(paths[PathRuleReader.Automount].Count(), PathRuleReader.Automount + " path")}, " +
            $"{Count(paths[PathRuleReader.InotifyWatch].Count(), PathRuleReader.InotifyWatch + " path")}";
    }

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";
}
