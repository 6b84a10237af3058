using System.Net;
using System.Net.Http.Json;
using System.Text;
using ContainerManager.Protocol;

namespace ContainerManager.Tests.Control;

public sealed class RouteTests : IAsyncLifetime
{
    private ServedEngine _served = null!;

    public async ValueTask InitializeAsync() => _served = await ServedEngine.StartAsync();

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task StatusIsTheEnginesSnapshot()
    {
        StatusReply? reply = await _served.Http.GetFromJsonAsync("/v1/status", ControlJson.Default.StatusReply, Token);
        Assert.Equal("9.8.7", reply!.Version);
        ContainerStatus container = Assert.Single(reply.Containers);
        Assert.Equal([FakeEngine.Attached, FakeEngine.Waiting], container.Bindings);
    }

    [Fact]
    public async Task VersionIsTheServers() =>
        Assert.Equal("9.8.7", (await _served.Http.GetFromJsonAsync("/v1/version", ControlJson.Default.VersionReply, Token))!.Version);

    [Fact]
    public async Task BindReachesTheEngineWithNormalisedPaths()
    {
        using HttpResponseMessage response = await PostAsync("/v1/containers/web/bindings", """{"source":"//srv/./a/","target":"/b//c/","readOnly":true}""");
        BindingStatus? binding = await response.Content.ReadFromJsonAsync(ControlJson.Default.BindingStatus, Token);
        Assert.Equal(("/srv/a", "/b/c", true), (binding!.Source, binding.Target, binding.ReadOnly));
        Assert.Equal(["bind web /srv/a /b/c True"], _served.Engine.Calls);
    }

    [Fact]
    public async Task FailedBindingIsAnAnswer()
    {
        using HttpResponseMessage response = await PostAsync("/v1/containers/web/bindings", """{"source":"/bad"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("failed", (await response.Content.ReadFromJsonAsync(ControlJson.Default.BindingStatus, Token))!.State);
    }

    [Fact]
    public async Task UnbindNamesThePath()
    {
        using HttpResponseMessage response = await _served.Http.DeleteAsync(ControlAddress.Binding("web", "/a b/ü&c=?#"), Token);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(["unbind web /a b/ü&c=?#"], _served.Engine.Calls);
    }

    [Fact]
    public async Task SpawnAndStop()
    {
        const string Body = """{"name":"box","command":["sh","-c","true"],"root":"/srv/root/","hostNetwork":true,"userNamespace":true}""";
        using HttpResponseMessage spawned = await PostAsync("/v1/containers", Body);
        Assert.Equal(77, (await spawned.Content.ReadFromJsonAsync(ControlJson.Default.ContainerStatus, Token))!.ProcessId);
        using HttpResponseMessage stopped = await _served.Http.DeleteAsync(ControlAddress.Container("web"), Token);
        Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
        Assert.Equal(["spawn box sh|-c|true /srv/root True True", "stop web"], _served.Engine.Calls);
    }

    [Theory]
    [InlineData("/v1/containers/web/bindings", """{"source":"a"}""", 400, "source: 'a' is not an absolute path")]
    [InlineData("/v1/containers/web/bindings", """{"source":""}""", 400, "source: a path is required")]
    [InlineData("/v1/containers/web/bindings", """{}""", 400, "source: a path is required")]
    [InlineData("/v1/containers/web/bindings", """{"source":null}""", 400, "not a valid BindRequest")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/a/../b"}""", 400, "contains '..'")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/a\u0000b"}""", 400, "NUL")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/a","target":"b"}""", 400, "target: 'b' is not an absolute path")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/a","target":""}""", 400, "target: a path is required")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/a","target":"//"}""", 400, "container's root")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/"}""", 400, "container's root")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/a","readonly":true}""", 400, "readonly")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/a" """, 400, "not a valid BindRequest")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/a"} x""", 400, "not a valid BindRequest")]
    [InlineData("/v1/containers/web/bindings", "", 400, "not a valid BindRequest")]
    [InlineData("/v1/containers/web/bindings", "null", 400, "the body is null")]
    [InlineData("/v1/containers/web/bindings", "[]", 400, "not a valid BindRequest")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/taken"}""", 409, "/taken is taken")]
    [InlineData("/v1/containers/web/bindings", """{"source":"/defect"}""", 500, "a defect")]
    [InlineData("/v1/containers/nobody/bindings", """{"source":"/a"}""", 404, "no container is called 'nobody'")]
    [InlineData("/v1/containers//bindings", """{"source":"/a"}""", 400, "container's name")]
    [InlineData("/v1/containers", """{"name":"-x","command":["a"]}""", 400, "name: '-x'")]
    [InlineData("/v1/containers", """{"name":"a/b","command":["a"]}""", 400, "name: 'a/b'")]
    [InlineData("/v1/containers", """{"command":["a"]}""", 400, "name: ''")]
    [InlineData("/v1/containers", """{"name":"x"}""", 400, "command: a program is required")]
    [InlineData("/v1/containers", """{"name":"x","command":[]}""", 400, "command: a program is required")]
    [InlineData("/v1/containers", """{"name":"x","command":["a","b\u0000"]}""", 400, "command: an argument")]
    [InlineData("/v1/containers", """{"name":"x","command":["a",null]}""", 400, "command: an argument")]
    [InlineData("/v1/containers", """{"name":"x","command":["a"],"root":"r"}""", 400, "root: 'r' is not an absolute path")]
    [InlineData("/v1/status", "", 405, "POST is not possible here")]
    [InlineData("/v2/status", "", 404, "there is nothing at '/v2/status'")]
    public async Task WrongPostIsExplained(string path, string body, int status, string words)
    {
        using HttpResponseMessage response = await PostAsync(path, body);
        await AssertRefusedAsync(response, status, words);
    }

    [Theory]
    [InlineData("/v1/containers/web/bindings", "target: a path is required")]
    [InlineData("/v1/containers/web/bindings?target=a", "not an absolute path")]
    [InlineData("/v1/containers/web/bindings?target=/a/..", "contains '..'")]
    [InlineData("/v1/containers/web/bindings?target=/a%00", "NUL")]
    public async Task WrongUnbindIsExplained(string path, string words)
    {
        using HttpResponseMessage response = await _served.Http.DeleteAsync(path, Token);
        await AssertRefusedAsync(response, 400, words);
    }

    [Fact]
    public async Task WrongMethodNamesTheRightOne()
    {
        using HttpResponseMessage response = await _served.Http.GetAsync("/v1/containers/web/bindings", Token);
        Assert.Equal(["POST", "DELETE"], response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData(64 * 1024, 400)]
    [InlineData((64 * 1024) + 1, 413)]
    public async Task BodyHasALimit(int length, int status)
    {
        const string Frame = """{"source":""}""";
        using HttpResponseMessage response = await PostAsync("/v1/containers/web/bindings", $$"""{"source":"{{new string('a', length - Frame.Length)}}"}""");
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task BodyOfUnknownLengthHasTheLimitToo()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/containers/web/bindings");
        request.Headers.TransferEncodingChunked = true;
        request.Content = new StringContent($$"""{"source":"{{new string('a', 70_000)}}"}""");
        using HttpResponseMessage response = await _served.Http.SendAsync(request, Token);
        await AssertRefusedAsync(response, 413, "longer than 65536 bytes");
    }

    [Fact]
    public async Task TooLongPathIsRefused()
    {
        using HttpResponseMessage response = await PostAsync("/v1/containers/web/bindings", $$"""{"source":"/{{new string('a', 4095)}}"}""");
        await AssertRefusedAsync(response, 400, "longer than 4095 bytes");
    }

    [Fact]
    public async Task ManyCallersAtOnceAreAllServed()
    {
        // Each with a connection of its own that closes: Kestrel comes and goes underneath.
        IEnumerable<Task<string>> calls = Enumerable.Range(0, 200).Select(async index =>
        {
            using HttpClient client = ServedEngine.Client(_served.Socket);
            using StringContent body = new($$"""{"source":"/many/{{index}}"}""");
            using HttpResponseMessage response = await client.PostAsync("/v1/containers/web/bindings", body, Token);
            return (await response.Content.ReadFromJsonAsync(ControlJson.Default.BindingStatus, Token))!.Source;
        });
        string[] sources = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 200).Select(static index => $"/many/{index}"), sources);
    }

    [Fact]
    public async Task ManyCallersOneAfterTheOtherAreAllServed()
    {
        for (int index = 0; index < 200; index++)
        {
            using HttpClient client = ServedEngine.Client(_served.Socket);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/version", Token)).StatusCode);
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<HttpResponseMessage> PostAsync(string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        return await _served.Http.PostAsync(path, content, Token);
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage response, int status, string words)
    {
        ErrorReply? reply = await response.Content.ReadFromJsonAsync(ControlJson.Default.ErrorReply, Token);
        Assert.Contains(words, reply!.Error, StringComparison.Ordinal);
        Assert.Equal(status, (int)response.StatusCode);
    }
}
