using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace ContainerManager.Host.Configuration.Startup;

/// <summary>What <c>--help</c> writes.</summary>
internal sealed class HelpWithExamples(HelpAction options) : SynchronousCommandLineAction
{
    private const string Examples = """
        The word before a default is the key in the file's "settings". The command line is heard first, then the file.

        Examples:
          server                                        run with /etc/container-manager.conf
          server --check --config ./new.conf            see whether a file is good
          server --config ./try.conf --state-dir ./state --socket ./control.sock --log-level Debug
                                                        a second server, beside the one that is installed

        Exit codes: 0 stopped by request, or the file is good; 2 the command line or the file is wrong, nothing was started.
        """;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = options.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(Examples);
        return code;
    }
}

/// <summary>What <c>--version</c> writes.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <summary>As in the project file; what follows a plus sign names the commit.</summary>
    internal static string Version { get; } =
        typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"server {Version}");
        return 0;
    }
}
