using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ContainerManager.Protocol;

namespace ContainerManager.Cli;

/// <summary>The server's control API (<see cref="ControlAddress"/>) as calls.</summary>
internal sealed class ControlClient : IDisposable
{
    private readonly HttpClient _http;

    internal ControlClient(string socketPath)
    {
        ServerSocket socket = new(socketPath);
        SocketsHttpHandler handler = new()
        {
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(socket.Connect()),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        };

        // Binding may take as long as the path or the container takes to answer.
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://container-manager"), Timeout = Timeout.InfiniteTimeSpan };
    }

    internal Task<StatusReply> StatusAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ControlAddress.Status, null, ControlJson.Default.StatusReply, cancellationToken);

    internal Task<ConfigurationReply> ConfigurationAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ControlAddress.Configuration, null, ControlJson.Default.ConfigurationReply, cancellationToken);

    internal Task<ConfigurationReply> ReloadConfigurationAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, ControlAddress.ConfigurationReload, null, ControlJson.Default.ConfigurationReply, cancellationToken);

    internal Task<ConfigurationCheck> CheckConfigurationAsync(ConfigurationRequest request, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post,
        ControlAddress.ConfigurationCheck,
        Body(request, ControlJson.Default.ConfigurationRequest),
        ControlJson.Default.ConfigurationCheck,
        cancellationToken);

    internal Task<ConfigurationDifference> CompareConfigurationAsync(ConfigurationRequest request, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post,
        ControlAddress.ConfigurationDiff,
        Body(request, ControlJson.Default.ConfigurationRequest),
        ControlJson.Default.ConfigurationDifference,
        cancellationToken);

    /// <summary>The JSON Schema of the configuration file, as it is.</summary>
    internal async Task<byte[]> ConfigurationSchemaAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await AskAsync(HttpMethod.Get, ControlAddress.ConfigurationSchema, null, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>In the text format of Prometheus.</summary>
    internal async Task<string> MetricsAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await AskAsync(HttpMethod.Get, ControlAddress.Metrics, null, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    internal Task<DoctorReply> DoctorAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ControlAddress.Doctor, null, ControlJson.Default.DoctorReply, cancellationToken);

    internal Task<PluginsReply> PluginsAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ControlAddress.Plugins, null, ControlJson.Default.PluginsReply, cancellationToken);

    internal Task<DevicesReply> DevicesAsync(string? container, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ControlAddress.Devices(container), null, ControlJson.Default.DevicesReply, cancellationToken);

    internal Task<WhyReply> WhyAsync(string device, string container, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ControlAddress.Why(device, container), null, ControlJson.Default.WhyReply, cancellationToken);

    internal Task<PluginStatus> ReloadPluginAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, ControlAddress.PluginReload(name), null, ControlJson.Default.PluginStatus, cancellationToken);

    internal Task<BindingStatus> BindAsync(string container, BindRequest request, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post,
        ControlAddress.Bindings(container),
        Body(request, ControlJson.Default.BindRequest),
        ControlJson.Default.BindingStatus,
        cancellationToken);

    internal Task UnbindAsync(string container, string path, CancellationToken cancellationToken) =>
        DeleteAsync(ControlAddress.Binding(container, path), cancellationToken);

    internal Task<ContainerStatus> SpawnAsync(SpawnRequest request, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post,
        ControlAddress.Containers,
        Body(request, ControlJson.Default.SpawnRequest),
        ControlJson.Default.ContainerStatus,
        cancellationToken);

    internal Task StopAsync(string container, CancellationToken cancellationToken) =>
        DeleteAsync(ControlAddress.Container(container), cancellationToken);

    internal Task<ProgramsReply> ProgramsAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ControlAddress.AllPrograms, null, ControlJson.Default.ProgramsReply, cancellationToken);

    internal Task<ProgramStatus> StartProgramAsync(string container, ProgramRequest request, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post,
        ControlAddress.Programs(container),
        Body(request, ControlJson.Default.ProgramRequest),
        ControlJson.Default.ProgramStatus,
        cancellationToken);

    internal Task StopProgramAsync(string container, string number, CancellationToken cancellationToken) =>
        DeleteAsync(ControlAddress.Program(container, number), cancellationToken);

    /// <summary>The stream of frames of one run; the first to send is <see cref="FrameKind.Run"/>.</summary>
    internal async Task<Stream> RunAsync(string container, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await AskAsync(HttpMethod.Post, ControlAddress.Runs(container), null, cancellationToken, ControlAddress.RunProtocol);
        return await response.Content.ReadAsStreamAsync(cancellationToken);
    }

    /// <summary>Each event as it comes; those of the recent past unless <paramref name="follow"/>.</summary>
    internal async IAsyncEnumerable<EventRecord> EventsAsync(bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string address = follow ? ControlAddress.Events : ControlAddress.Events + "?follow=false";
        using HttpResponseMessage response = await AskAsync(HttpMethod.Get, address, null, cancellationToken);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using StreamReader lines = new(body);
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            yield return JsonSerializer.Deserialize(line, ControlJson.Default.EventRecord) ?? throw new JsonException("an empty event");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static ByteArrayContent Body<T>(T value, JsonTypeInfo<T> type)
    {
        ByteArrayContent content = new(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private async Task DeleteAsync(string address, CancellationToken cancellationToken) =>
        (await AskAsync(HttpMethod.Delete, address, null, cancellationToken)).Dispose();

    private async Task<T> SendAsync<T>(HttpMethod method, string address, HttpContent? body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await AskAsync(method, address, body, cancellationToken);
        await using Stream content = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(content, type, cancellationToken) ?? throw new JsonException("an empty reply");
    }

    private async Task<HttpResponseMessage> AskAsync(
        HttpMethod method, string address, HttpContent? body, CancellationToken cancellationToken, string? upgrade = null)
    {
        using HttpRequestMessage request = new(method, address) { Content = body };
        if (upgrade is not null)
        {
            request.Headers.Connection.Add("Upgrade");
            request.Headers.Upgrade.Add(new ProductHeaderValue(upgrade));
        }

        try
        {
            HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.SwitchingProtocols ? response : throw await RefusalAsync(response, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.InnerException is Failure failure)
        {
            throw new Failure(failure.ExitCode, failure.Message, failure.Hint);
        }
    }

    private static async Task<Failure> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            ErrorReply? reply = body.Length == 0 ? null : JsonSerializer.Deserialize(body, ControlJson.Default.ErrorReply);
            return new Failure(ExitCode.Failed, reply?.Error ?? $"the server answered {(int)response.StatusCode}", reply?.Hint);
        }
    }
}
