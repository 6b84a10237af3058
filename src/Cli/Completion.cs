using System.CommandLine.Completions;

namespace ContainerManager.Cli;

/// <summary>What can stand in the place of a name, as the server knows it: shells ask while somebody types.</summary>
internal static class Completion
{
    /// <summary>Longer than this nobody waits for a key.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(1);

    /// <summary>The containers that run, and those that the configuration names.</summary>
    internal static IEnumerable<CompletionItem> Containers(CompletionContext context) =>
        Ask(context, async (server, stop) => (await server.StatusAsync(stop)).Containers.Select(static container => container.Name));

    /// <summary>The containers and the programs that can be stopped.</summary>
    internal static IEnumerable<CompletionItem> Stoppable(CompletionContext context) =>
        Ask(context, async (server, stop) =>
        [
            .. (await server.StatusAsync(stop)).Containers.Where(static container => container.Runtime == "namespaces").Select(static container => container.Name),
            .. (await server.ProgramsAsync(stop)).Programs.Where(static program => program.State == "running").Select(static program => program.Id),
        ]);

    /// <summary>The plugins.</summary>
    internal static IEnumerable<CompletionItem> Plugins(CompletionContext context) =>
        Ask(context, async (server, stop) => (await server.PluginsAsync(stop)).Plugins.Select(static plugin => plugin.Name));

    /// <summary>What the container has of us, by the paths inside.</summary>
    internal static IEnumerable<CompletionItem> Targets(CompletionContext context) =>
        Ask(context, async (server, stop) =>
        {
            string? name = context.ParseResult.GetValue(GlobalOptions.Container);
            return (await server.StatusAsync(stop)).Containers.Where(container => name is not null && Invocation.Means(name, container))
                .SelectMany(static container => container.Bindings).Select(static binding => binding.Target);
        });

    /// <summary>Nothing where there is no server: who completes a line does not want to read of it.</summary>
    private static CompletionItem[] Ask(CompletionContext context, Func<ControlClient, CancellationToken, Task<IEnumerable<string>>> ask)
    {
        try
        {
            using CancellationTokenSource limit = new(s_limit);
            using ControlClient server = new(GlobalOptions.SocketOf(context.ParseResult));
            string[] names = [.. Task.Run(() => ask(server, limit.Token), limit.Token).GetAwaiter().GetResult()];
            return [.. names.Where(name => name.StartsWith(context.WordToComplete, StringComparison.Ordinal)).Distinct().Select(static name => new CompletionItem(name))];
        }
        catch (Exception failure) when (failure is Failure or IOException or HttpRequestException or OperationCanceledException or System.Text.Json.JsonException)
        {
            return [];
        }
    }
}
