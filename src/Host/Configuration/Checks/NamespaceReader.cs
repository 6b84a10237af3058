using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>_namespace</c>: a light container of our own that is started with the server.</summary>
internal static class NamespaceReader
{
    private static readonly string[] Known = ["command", "root", "hostUsr", "net", "userNamespace", "restart"];
    private static readonly string[] Networks = ["private", "host"];
    private static readonly string[] Restarts = ["no", "on-failure", "always"];

    /// <param name="section">The value of <c>_namespace</c>.</param>
    /// <param name="container">The key that it stands under, which becomes its name.</param>
    internal static LaunchRequest? Read(ConfigurationValue? section, ConfigurationValue container)
    {
        if (section?.AsObject("an object such as { \"command\": [\"sleep\", \"infinity\"] }", Known) is not { } members)
        {
            return null;
        }

        if (!PlainName.Is(container.Name))
        {
            container.FailName(
                $"{PlainName.Description} because of _namespace",
                "the container is started under this name; rules with wildcards or a runtime stand under a key of their own");
        }

        return new LaunchRequest
        {
            Name = container.Name,
            Command = ReadCommand(members["command"], section),
            Root = ReadRoot(members["root"], members["hostUsr"], section),
            HostNetwork = members["net"]?.AsWord(Networks) == "host",
            UserNamespace = members["userNamespace"]?.AsBoolean() ?? false,
            Restart = members["restart"]?.AsWord(Restarts) switch
            {
                "on-failure" => RestartPolicy.OnFailure,
                "always" => RestartPolicy.Always,
                _ => RestartPolicy.No,
            },
        };
    }

    private static ImmutableArray<string> ReadCommand(ConfigurationValue? command, ConfigurationValue section)
    {
        if (command is null)
        {
            section.FailFor("a command", "none", "add \"command\": [\"sleep\", \"infinity\"]");
            return [];
        }

        return CommandReader.Read(command);
    }

    private static string? ReadRoot(ConfigurationValue? root, ConfigurationValue? hostUsr, ConfigurationValue section)
    {
        string? directory = PathReader.Read(root, "the absolute path of a directory");
        bool? usesHost = hostUsr?.AsBoolean();
        if (root is not null && usesHost == true)
        {
            hostUsr!.FailFor("either root or hostUsr", "both", "a root of its own has its own /usr");
        }

        if (root is null && usesHost == false)
        {
            section.FailFor("root or hostUsr", "neither", "add \"root\": \"/path\", or leave hostUsr away: it is true without a root");
        }

        return directory;
    }
}
