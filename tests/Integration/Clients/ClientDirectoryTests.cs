using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>The directories for clients that are started by hand.</summary>
public sealed class ClientDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("directories");

    public void Dispose() => _directory.Dispose();

    /// <summary>A container may be called so, but no socket can have such a path: that is said, and all else goes on, at the start and when the file is saved.</summary>
    [Fact]
    public async Task ANameThatIsTooLongForASocketIsSaid()
    {
        string yacc = Directory.CreateDirectory(_directory["yacc"]).FullName;
        string First(string name) => $$"""
            { "containerConfigs": { "{{name}}": {} }, "settings": { "bindRoot": "{{yacc}}" } }
            """;
        string longName = new('x', 120), longer = new('y', 130);
        await using ServerUnderTest server = new(["Namespaces"], First(longName));
        await server.StartAsync();
        await server.UntilLoggedAsync($"{longName} cannot be offered to the container");
        server.Configure(First(longer));
        await server.UntilLoggedAsync($"{longer} cannot be offered to the container");
        Assert.Equal(longer, Assert.Single((await server.StatusAsync()).Containers).Name);
    }
}
