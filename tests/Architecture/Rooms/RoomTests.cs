using Mono.Cecil;

namespace ContainerManager.Tests.Architecture.Rooms;

public sealed class RoomTests
{
    [Fact]
    public void Rooms_of_the_host_use_only_what_they_may()
    {
        using ModuleDefinition host = Assemblies.OfProject("src/Host/ContainerManager.Host.csproj");

        Findings.AssertNone(
            new RoomRules("ContainerManager.Host", RoomTable.MayUse, RoomTable.Pure).Offences(host).Distinct(), "The table is in RoomTable.cs.");
    }

    [Fact]
    public void A_forbidden_use_is_found_wherever_it_hides()
    {
        using ModuleDefinition own = Assemblies.Own();
        RoomRules rules = new(
            typeof(Samples.Kitchen.Door).Namespace!.Replace(".Kitchen", "", StringComparison.Ordinal),
            new Dictionary<string, string[]> { ["Kitchen"] = [], ["Cellar"] = ["Kitchen.Door"] },
            new Dictionary<string, string[]> { ["Kitchen"] = ["System.IO."] });

        string[] offences = [.. rules.Offences(own).Distinct()];

        string[] hidden = ["FieldUser", "ArgumentUser", "BodyUser", "LambdaUser", "GenericUser", "BaseUser"];
        Assert.All(hidden, name => Assert.Contains(offences, line => line.Contains("Kitchen must not use Cellar.Wine", StringComparison.Ordinal) &&
            line.EndsWith($".{name})", StringComparison.Ordinal)));
        Assert.Contains(offences, line => line.StartsWith("Kitchen is pure and must not use System.IO.File ", StringComparison.Ordinal));
        Assert.Contains(offences, line => line.EndsWith("a room that the table does not know: Attic", StringComparison.Ordinal));
        Assert.DoesNotContain(offences, line => line.Contains("Cellar must not", StringComparison.Ordinal));
    }
}
