namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>Whoever is started by this has the capabilities that the service has, and no others: what the tests see is what its users get.</summary>
internal static class LeastPrivilege
{
    private const string Setting = "CapabilityBoundingSet=";

    internal static string[] Command { get; } = ["/usr/bin/setpriv", "--inh-caps=-all", $"--bounding-set=-all,{string.Join(',', Capabilities().Select(name => "+" + name))}", "--"];

    /// <summary>As the unit names them, in the words of setpriv(1).</summary>
    private static IEnumerable<string> Capabilities()
    {
        string unit = Path.Combine(Installation.Repository, "packaging/container-manager.service");
        string line = File.ReadLines(unit).Single(line => line.StartsWith(Setting, StringComparison.Ordinal));
        return line[Setting.Length..].Split(' ').Select(name => name["CAP_".Length..].ToLowerInvariant());
    }
}
