namespace ContainerManager.Client.Init;

/// <summary>The command line of <c>client init</c>. Written by our own server, so it is checked for sense and no more.</summary>
internal sealed class InitOptions
{
    private InitOptions() { }

    internal string Name { get; private set; } = "";

    /// <summary>Null: a root of its own with the host's /usr.</summary>
    internal string? Root { get; private set; }

    internal bool HostNetwork { get; private set; }

    internal bool UserNamespace { get; private set; }

    internal string[] Command { get; private set; } = [];

    /// <exception cref="ArgumentException">The message says what is wrong.</exception>
    internal static InitOptions Parse(ReadOnlySpan<string> args)
    {
        InitOptions options = new();
        bool hostUsr = false;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--name" when i + 1 < args.Length:
                    options.Name = args[++i];
                    break;
                case "--root" when i + 1 < args.Length:
                    options.Root = args[++i];
                    break;
                case "--host-usr":
                    hostUsr = true;
                    break;
                case "--host-network":
                    options.HostNetwork = true;
                    break;
                case "--user-namespace":
                    options.UserNamespace = true;
                    break;
                case "--":
                    options.Command = args[(i + 1)..].ToArray();
                    i = args.Length;
                    break;
                default:
                    throw new ArgumentException($"unknown option '{args[i]}', or its value is missing");
            }
        }

        return options.Name.Length > 0 && options.Command.Length > 0 && hostUsr != (options.Root is not null)
            ? options
            : throw new ArgumentException("a name, one of --root and --host-usr, and a command are needed");
    }
}
