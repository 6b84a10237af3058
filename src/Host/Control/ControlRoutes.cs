using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ContainerManager.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ContainerManager.Host.Control;

/// <summary>Which request is which call of the engine.</summary>
/// <remarks>
/// Matched by hand, for a dozen routes: the framework's router would bring the dependency container and the host along, which costs 85 ms at
/// start and 9 MB.
/// </remarks>
internal sealed class ControlRoutes(IControlledEngine engine)
{
    internal async Task RunAsync(HttpContext context, CancellationToken cancellationToken)
    {
        HttpRequest request = context.Request;
        string[] path = (request.Path.Value ?? "").Split('/');
        Task handled = (path, request.Method) switch
        {
            (["", "v1", "version"], "GET") => ReplyAsync(context, Version(), ControlJson.Default.VersionReply, cancellationToken),
            (["", "v1", "status"], "GET") => ReplyAsync(context, engine.Snapshot(), ControlJson.Default.StatusReply, cancellationToken),
            (["", "v1", "plugins"], "GET") => ReplyAsync(context, engine.Plugins(), ControlJson.Default.PluginsReply, cancellationToken),
            (["", "v1", "devices"], "GET") => ReplyAsync(context, engine.Devices(ContainerOf(request)), ControlJson.Default.DevicesReply, cancellationToken),
            (["", "v1", "why"], "GET") => ReplyAsync(context, Why(request), ControlJson.Default.WhyReply, cancellationToken),
            (["", "v1", "plugins", var name, "reload"], "POST") => ReloadAsync(context, name, cancellationToken),
            (["", "v1", "events"], "GET") => EventsAsync(context, cancellationToken),
            (["", "v1", "containers"], "POST") => SpawnAsync(context, cancellationToken),
            (["", "v1", "containers", var name], "DELETE") => StopAsync(context, name, cancellationToken),
            (["", "v1", "containers", var name, "bindings"], "POST") => BindAsync(context, name, cancellationToken),
            (["", "v1", "containers", var name, "bindings"], "DELETE") => UnbindAsync(context, name, cancellationToken),
            (["", "v1", "programs"], "GET") => ReplyAsync(context, engine.Programs(), ControlJson.Default.ProgramsReply, cancellationToken),
            (["", "v1", "containers", var name, "programs"], "POST") => StartProgramAsync(context, name, cancellationToken),
            (["", "v1", "containers", var name, "programs", var number], "DELETE") => StopProgramAsync(context, name, number, cancellationToken),
            (["", "v1", "containers", var name, "runs"], "POST") => RunAsync(context, name, cancellationToken),
            (["", "v1", "version" or "status" or "events" or "plugins" or "devices" or "why" or "programs"], _) => throw WrongMethod(context, "GET"),
            (["", "v1", "plugins", _, "reload"], _) => throw WrongMethod(context, "POST"),
            (["", "v1", "containers"], _) => throw WrongMethod(context, "POST"),
            (["", "v1", "containers", _], _) => throw WrongMethod(context, "DELETE"),
            (["", "v1", "containers", _, "programs", _], _) => throw WrongMethod(context, "DELETE"),
            (["", "v1", "containers", _, "runs" or "programs"], _) => throw WrongMethod(context, "POST"),
            (["", "v1", "containers", _, "bindings"], _) => throw WrongMethod(context, "POST, DELETE"),
            _ => throw new ControlException(StatusCodes.Status404NotFound, $"there is nothing at '{request.Path}'", "the API begins with /v1/"),
        };
        await handled;
    }

    private VersionReply Version() => new(engine.Snapshot().Version);

    private static string? ContainerOf(HttpRequest request) =>
        request.Query["container"].ToString() is { Length: > 0 } name ? RequestCheck.ContainerName(name) : null;

    private WhyReply Why(HttpRequest request) =>
        request.Query["device"].ToString() is { Length: > 0 and < 4096 } device && !device.Contains('\0') && ContainerOf(request) is { } container
            ? engine.Why(device, container)
            : throw ControlException.BadRequest("device and container: both are needed");

    private Task EventsAsync(HttpContext context, CancellationToken cancellationToken)
    {
        EventStream stream = new(context.Response);
        return context.Request.Query["follow"].ToString() switch
        {
            "" or "true" => stream.FollowAsync(engine, cancellationToken),
            "false" => stream.SendAsync(engine.RecentEvents(), cancellationToken),
            string other => throw ControlException.BadRequest($"follow: '{other}' is neither 'true' nor 'false'"),
        };
    }

    private async Task ReloadAsync(HttpContext context, string name, CancellationToken cancellationToken)
    {
        PluginStatus status = await engine.ReloadPluginAsync(name, cancellationToken);
        await ReplyAsync(context, status, ControlJson.Default.PluginStatus, cancellationToken);
    }

    private async Task SpawnAsync(HttpContext context, CancellationToken cancellationToken)
    {
        SpawnRequest request = await RequestBody.ReadAsync(context.Request, ControlJson.Default.SpawnRequest, cancellationToken);
        ContainerStatus status = await engine.SpawnAsync(RequestCheck.Spawn(request), cancellationToken);
        await ReplyAsync(context, status, ControlJson.Default.ContainerStatus, cancellationToken);
    }

    private async Task StopAsync(HttpContext context, string name, CancellationToken cancellationToken)
    {
        await engine.StopAsync(RequestCheck.ContainerName(name), cancellationToken);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task BindAsync(HttpContext context, string name, CancellationToken cancellationToken)
    {
        RequestCheck.ContainerName(name);
        BindRequest request = await RequestBody.ReadAsync(context.Request, ControlJson.Default.BindRequest, cancellationToken);
        BindingStatus status = await engine.BindAsync(name, RequestCheck.Bind(request), cancellationToken);
        await ReplyAsync(context, status, ControlJson.Default.BindingStatus, cancellationToken);
    }

    private async Task UnbindAsync(HttpContext context, string name, CancellationToken cancellationToken)
    {
        RequestCheck.ContainerName(name);
        string path = RequestCheck.Path(context.Request.Query["target"].ToString(), "target");
        await engine.UnbindAsync(name, path, cancellationToken);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task StartProgramAsync(HttpContext context, string name, CancellationToken cancellationToken)
    {
        RequestCheck.ContainerName(name);
        ProgramRequest request = await RequestBody.ReadAsync(context.Request, ControlJson.Default.ProgramRequest, cancellationToken);
        ProgramStatus status = await engine.StartProgramAsync(name, RequestCheck.Program(request), cancellationToken);
        await ReplyAsync(context, status, ControlJson.Default.ProgramStatus, cancellationToken);
    }

    private async Task StopProgramAsync(HttpContext context, string name, string number, CancellationToken cancellationToken)
    {
        await engine.StopProgramAsync($"{RequestCheck.ContainerName(name)}/{number}", cancellationToken);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>The connection becomes a stream of frames.</summary>
    private async Task RunAsync(HttpContext context, string name, CancellationToken cancellationToken)
    {
        RequestCheck.ContainerName(name);
        IHttpUpgradeFeature? upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true } || context.Request.Headers.Upgrade != ControlAddress.RunProtocol)
        {
            throw new ControlException(StatusCodes.Status426UpgradeRequired, $"ask for an upgrade to {ControlAddress.RunProtocol}", "'container-util run' does");
        }

        await engine.RunAsync(
            name,
            async _ =>
            {
                context.Response.Headers.Upgrade = ControlAddress.RunProtocol;
                return await upgrade.UpgradeAsync();
            },
            cancellationToken);
    }

    private static Task ReplyAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, cancellationToken);
    }

    private static ControlException WrongMethod(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return new ControlException(StatusCodes.Status405MethodNotAllowed, $"{context.Request.Method} is not possible here", $"only {allowed}");
    }
}
