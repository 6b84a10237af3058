using System.CommandLine;
using System.Text;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>config show</c>, <c>check</c>, <c>diff</c>, <c>reload</c> and <c>schema</c>.</summary>
internal static class ConfigVerb
{
    private static readonly Option<bool> s_effective = new("--effective")
    {
        Description = "As one file: all files together, presets in full, each setting with its value",
    };

    private static readonly Argument<string?> s_checked = new("FILE") { Description = "The file; without it those of the server", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<string?> s_compared = new("FILE") { Description = "The file; without it those of the server", Arity = ArgumentArity.ZeroOrOne };

    internal static Verb Create()
    {
        Verb verb = new("config", "Shows, checks and reloads the configuration", "container-util config show --effective", "container-util config diff new.conf");
        verb.Subcommands.Add(Show());
        verb.Subcommands.Add(Check());
        verb.Subcommands.Add(Diff());
        Verb reload = new("reload", "Reads the files again, as the server also does when they change", "container-util config reload");
        reload.Does(ReloadAsync);
        verb.Subcommands.Add(reload);
        Verb schema = new(
            "schema", "Prints the JSON Schema of the configuration file, for editors", "container-util config schema > /etc/container-manager.schema.json");
        schema.Does(SchemaAsync);
        verb.Subcommands.Add(schema);
        return verb;
    }

    private static Verb Show()
    {
        Verb verb = new("show", "Prints the files, or what is in force", "container-util config show", "container-util config show --effective | jq .settings");
        verb.Options.Add(s_effective);
        verb.Does(async (invocation, cancellationToken) =>
        {
            ConfigurationReply reply = await invocation.Server.ConfigurationAsync(cancellationToken);
            bool effective = invocation.Value(s_effective);
            invocation.Answer(reply, ControlJson.Default.ConfigurationReply, terminal => new ConfigurationView(terminal).Show(reply, effective));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Verb Check()
    {
        Verb verb = new("check", "Says what is wrong with a file; changes nothing", "container-util config check new.conf");
        verb.Arguments.Add(s_checked.RefusingOptions());
        verb.Does(async (invocation, cancellationToken) =>
        {
            ConfigurationRequest request = await RequestAsync(invocation, s_checked, cancellationToken);
            ConfigurationCheck check = await invocation.Server.CheckConfigurationAsync(request, cancellationToken);
            invocation.Answer(check, ControlJson.Default.ConfigurationCheck, terminal => new ConfigurationView(terminal).Show(check));
            return check.Errors.IsEmpty ? ExitCode.Ok : ExitCode.Failed;
        });
        return verb;
    }

    private static Verb Diff()
    {
        Verb verb = new(
            "diff",
            "Says what would be mounted, unmounted, given and taken away if a file were in force; changes nothing",
            "container-util config diff new.conf");
        verb.Arguments.Add(s_compared.RefusingOptions());
        verb.Does(async (invocation, cancellationToken) =>
        {
            ConfigurationRequest request = await RequestAsync(invocation, s_compared, cancellationToken);
            ConfigurationDifference difference = await invocation.Server.CompareConfigurationAsync(request, cancellationToken);
            invocation.Answer(difference, ControlJson.Default.ConfigurationDifference, terminal => new ConfigurationView(terminal).Show(difference));
            return difference.Errors.IsEmpty ? ExitCode.Ok : ExitCode.Failed;
        });
        return verb;
    }

    private static async Task<int> ReloadAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        ConfigurationReply reply = await invocation.Server.ReloadConfigurationAsync(cancellationToken);
        invocation.Answer(reply, ControlJson.Default.ConfigurationReply, terminal => new ConfigurationView(terminal).ShowOutcome(reply));
        return reply.Errors.IsEmpty ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<int> SchemaAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        byte[] schema = await invocation.Server.ConfigurationSchemaAsync(cancellationToken);
        invocation.HasBegun();
        StandardStream.WriteOutput(schema);
        return ExitCode.Ok;
    }

    private static async Task<ConfigurationRequest> RequestAsync(Invocation invocation, Argument<string?> argument, CancellationToken cancellationToken)
    {
        if (invocation.OptionalValue(argument) is not { } file)
        {
            return new ConfigurationRequest("the server's files", null);
        }

        try
        {
            return new ConfigurationRequest(file, await File.ReadAllTextAsync(Invocation.AbsolutePath(file), Encoding.UTF8, cancellationToken));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new Failure(ExitCode.Usage, $"{file} cannot be read: {unreadable.Message}");
        }
    }
}
