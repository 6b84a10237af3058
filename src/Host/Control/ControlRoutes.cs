using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ContainerManager.Host.Control;

/// <summary>Which request is which call of the engine.</summary>
/// <remarks>
/// Matched by hand, for a dozen routes: the framework's router would bring the dependency container and the host along, which costs 85 ms at
/// start and 9 MB.
/// </remarks>
internal sealed class ControlRoutes(IControlledEngine engine, IControlledConfiguration configuration, AccessPolicy policy, Action<Peer, string> writeDown)
{
    internal async Task RunAsync(HttpContext context, CancellationToken cancellationToken)
    {
        Caller caller = Caller.Of(context, policy);
        caller.Require(NeededFor(context.Request));
        HttpRequest request = context.Request;
        string[] path = (request.Path.Value ?? "").Split('/');
        Task handled = (path, request.Method) switch
        {
            (["", "v1", "version"], "GET") => ReplyAsync(context, Version(), ControlJson.Default.VersionReply, cancellationToken),
            (["", "v1", "status"], "GET") => ReplyAsync(context, engine.Snapshot(), ControlJson.Default.StatusReply, cancellationToken),
            (["", "v1", "plugins"], "GET") => ReplyAsync(context, engine.Plugins(), ControlJson.Default.PluginsReply, cancellationToken),
            (["", "v1", "devices"], "GET") => DevicesAsync(context, cancellationToken),
            (["", "v1", "why"], "GET") => WhyAsync(context, cancellationToken),
            (["", "metrics"], "GET") => MetricsAsync(context, cancellationToken),
            (["", "v1", "openapi.json"], "GET") => DescribeAsync(context, cancellationToken),
            (["", "v1", "doctor"], "GET") => DiagnoseAsync(context, cancellationToken),
            (["", "v1", "config"], "GET") => ReplyAsync(context, configuration.Show(), ControlJson.Default.ConfigurationReply, cancellationToken),
            (["", "v1", "config", "schema"], "GET") => ConfigurationSchema.SendAsync(context.Response, cancellationToken),
            (["", "v1", "config", "check"], "POST") => CheckConfigurationAsync(context, cancellationToken),
            (["", "v1", "config", "diff"], "POST") => CompareConfigurationAsync(context, cancellationToken),
            (["", "v1", "config", "reload"], "POST") => ReloadConfigurationAsync(context, caller, cancellationToken),
            (["", "v1", "plugins", var name, "reload"], "POST") => ReloadAsync(context, caller, name, cancellationToken),
            (["", "v1", "events"], "GET") => EventsAsync(context, cancellationToken),
            (["", "v1", "containers"], "POST") => SpawnAsync(context, caller, cancellationToken),
            (["", "v1", "containers", var name], "DELETE") => StopAsync(context, caller, name, cancellationToken),
            (["", "v1", "containers", var name, "bindings"], "POST") => BindAsync(context, caller, name, cancellationToken),
            (["", "v1", "containers", var name, "bindings"], "DELETE") => UnbindAsync(context, caller, name, cancellationToken),
            (["", "v1", "programs"], "GET") => ReplyAsync(context, engine.Programs(), ControlJson.Default.ProgramsReply, cancellationToken),
            (["", "v1", "containers", var name, "programs"], "POST") => StartProgramAsync(context, caller, name, cancellationToken),
            (["", "v1", "containers", var name, "programs", var number], "DELETE") => StopProgramAsync(context, caller, name, number, cancellationToken),
            (["", "v1", "containers", var name, "runs"], "POST") => RunAsync(context, caller, name, cancellationToken),
            (["", "v1", "version" or "status" or "events" or "plugins" or "devices" or "why" or "programs" or "config" or "doctor" or "openapi.json"], _) => throw WrongMethod(context, "GET"),
            (["", "metrics"] or ["", "v1", "config", "schema"], _) => throw WrongMethod(context, "GET"),
            (["", "v1", "config", "check" or "diff" or "reload"], _) => throw WrongMethod(context, "POST"),
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

    /// <summary>
    /// Who asks changes nothing, and to have a text checked is to ask. What a file would do is more: the answer says of any path of the host whether it is there.
    /// </summary>
    private static Access NeededFor(HttpRequest request) =>
        request.Method == HttpMethods.Get || request.Path.Value == ControlAddress.ConfigurationCheck ? Access.Read : Access.Control;

    /// <summary>Each change is written down with who asked for it, before it is carried out.</summary>
    private void WriteDown(Caller caller, string what) => writeDown(caller.Peer, what);

    private async Task CheckConfigurationAsync(HttpContext context, CancellationToken cancellationToken)
    {
        ConfigurationRequest request = await RequestBody.ReadAsync(context.Request, ControlJson.Default.ConfigurationRequest, cancellationToken, RequestBody.LongestFile);
        await ReplyAsync(context, configuration.Check(RequestCheck.Configuration(request)), ControlJson.Default.ConfigurationCheck, cancellationToken);
    }

    private async Task CompareConfigurationAsync(HttpContext context, CancellationToken cancellationToken)
    {
        ConfigurationRequest request = await RequestBody.ReadAsync(context.Request, ControlJson.Default.ConfigurationRequest, cancellationToken, RequestBody.LongestFile);
        ConfigurationDifference difference = await configuration.CompareAsync(RequestCheck.Configuration(request), cancellationToken);
        await ReplyAsync(context, difference, ControlJson.Default.ConfigurationDifference, cancellationToken);
    }

    private Task MetricsAsync(HttpContext context, CancellationToken cancellationToken)
    {
        context.Response.ContentType = ControlAddress.MetricsMediaType;
        return engine.WriteMetricsAsync(context.Response.Body, cancellationToken);
    }

    private static async Task DescribeAsync(HttpContext context, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(OpenApiDocument.Create().ToJsonString(), cancellationToken);
    }

    private async Task DiagnoseAsync(HttpContext context, CancellationToken cancellationToken) =>
        await ReplyAsync(context, await configuration.DiagnoseAsync(cancellationToken), ControlJson.Default.DoctorReply, cancellationToken);

    private Task ReloadConfigurationAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        WriteDown(caller, "reload the configuration");
        return ReplyAsync(context, configuration.Reload(), ControlJson.Default.ConfigurationReply, cancellationToken);
    }

    private VersionReply Version() => new(engine.Snapshot().Version);

    private static string? ContainerOf(HttpRequest request) =>
        request.Query["container"].ToString() is { Length: > 0 } name ? RequestCheck.ContainerName(name) : null;

    private async Task DevicesAsync(HttpContext context, CancellationToken cancellationToken) => await ReplyAsync(
        context, await engine.DevicesAsync(ContainerOf(context.Request), cancellationToken), ControlJson.Default.DevicesReply, cancellationToken);

    private async Task WhyAsync(HttpContext context, CancellationToken cancellationToken)
    {
        WhyReply reply = context.Request.Query["device"].ToString() is { Length: > 0 and < 4096 } device && !device.Contains('\0') && ContainerOf(context.Request) is { } container
            ? await engine.WhyAsync(device, container, cancellationToken)
            : throw ControlException.BadRequest("device and container: both are needed");
        await ReplyAsync(context, reply, ControlJson.Default.WhyReply, cancellationToken);
    }

    private Task EventsAsync(HttpContext context, CancellationToken cancellationToken)
    {
        MaySleep(context);
        EventStream stream = new(context.Response);
        return context.Request.Query["follow"].ToString() switch
        {
            "" or "true" => stream.FollowAsync(engine, cancellationToken),
            "false" => stream.SendAsync(engine.RecentEvents(), cancellationToken),
            string other => throw ControlException.BadRequest($"follow: '{other}' is neither 'true' nor 'false'"),
        };
    }

    private async Task ReloadAsync(HttpContext context, Caller caller, string name, CancellationToken cancellationToken)
    {
        WriteDown(caller, $"reload plugin {name}");
        PluginStatus status = await engine.ReloadPluginAsync(name, cancellationToken);
        await ReplyAsync(context, status, ControlJson.Default.PluginStatus, cancellationToken);
    }

    private async Task SpawnAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        SpawnRequest request = RequestCheck.Spawn(await RequestBody.ReadAsync(context.Request, ControlJson.Default.SpawnRequest, cancellationToken));
        WriteDown(caller, $"spawn {request.Name}: {string.Join(' ', request.Command)}");
        ContainerStatus status = await engine.SpawnAsync(request, cancellationToken);
        await ReplyAsync(context, status, ControlJson.Default.ContainerStatus, cancellationToken);
    }

    private async Task StopAsync(HttpContext context, Caller caller, string name, CancellationToken cancellationToken)
    {
        WriteDown(caller, $"stop {name}");
        await engine.StopAsync(RequestCheck.ContainerName(name), cancellationToken);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task BindAsync(HttpContext context, Caller caller, string name, CancellationToken cancellationToken)
    {
        RequestCheck.ContainerName(name);
        BindRequest request = RequestCheck.Bind(await RequestBody.ReadAsync(context.Request, ControlJson.Default.BindRequest, cancellationToken));
        WriteDown(caller, $"bind {request.Source} in {name} at {request.Target ?? request.Source}{(request.ReadOnly ? ", read-only" : "")}");
        BindingStatus status = await engine.BindAsync(name, request, cancellationToken);
        await ReplyAsync(context, status, ControlJson.Default.BindingStatus, cancellationToken);
    }

    private async Task UnbindAsync(HttpContext context, Caller caller, string name, CancellationToken cancellationToken)
    {
        RequestCheck.ContainerName(name);
        string path = RequestCheck.Path(context.Request.Query["target"].ToString(), "target");
        WriteDown(caller, $"unbind {path} in {name}");
        await engine.UnbindAsync(name, path, cancellationToken);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task StartProgramAsync(HttpContext context, Caller caller, string name, CancellationToken cancellationToken)
    {
        RequestCheck.ContainerName(name);
        ProgramRequest request = RequestCheck.Program(await RequestBody.ReadAsync(context.Request, ControlJson.Default.ProgramRequest, cancellationToken));
        WriteDown(caller, $"run in {name}, detached: {string.Join(' ', request.Command)}");
        ProgramStatus status = await engine.StartProgramAsync(name, request, cancellationToken);
        await ReplyAsync(context, status, ControlJson.Default.ProgramStatus, cancellationToken);
    }

    private async Task StopProgramAsync(HttpContext context, Caller caller, string name, string number, CancellationToken cancellationToken)
    {
        WriteDown(caller, $"stop program {name}/{number}");
        await engine.StopProgramAsync($"{RequestCheck.ContainerName(name)}/{number}", cancellationToken);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>The connection becomes a stream of frames.</summary>
    private async Task RunAsync(HttpContext context, Caller caller, string name, CancellationToken cancellationToken)
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
                MaySleep(context);
                return await upgrade.UpgradeAsync();
            },
            command => WriteDown(caller, $"run in {name}: {string.Join(' ', command)}"),
            cancellationToken);
    }

    /// <summary>Who reads too slowly is hung up on, but not here: what waits for them is bounded.</summary>
    private static void MaySleep(HttpContext context) => context.Features.GetRequiredFeature<IHttpMinResponseDataRateFeature>().MinDataRate = null;

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
