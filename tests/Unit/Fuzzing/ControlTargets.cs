using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ContainerManager.Host.Control;
using ContainerManager.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>Bodies of requests to the control socket. Refused by <see cref="ControlException"/>, and by nothing else.</summary>
internal static class ControlTargets
{
    /// <summary>The first byte says which request it is.</summary>
    internal static readonly FuzzTarget Requests = new("control-requests", input => !input.IsEmpty && (input.Span[0] % 4) switch
    {
        0 => IsOne(input[1..], ControlJson.Default.BindRequest, RequestCheck.Bind, request =>
        {
            AssertPath(request.Source);
            AssertPath(request.Target ?? "/target");
            Assert.NotEqual("/", request.Target ?? request.Source);
        }),
        1 => IsOne(input[1..], ControlJson.Default.SpawnRequest, RequestCheck.Spawn, request =>
        {
            Assert.InRange(request.Name.Length, 1, 63);
            Assert.DoesNotContain('/', request.Name);
            AssertArguments(request.Command);
            AssertPath(request.Root ?? "/root");
        }),
        2 => IsOne(input[1..], ControlJson.Default.ProgramRequest, RequestCheck.Program, request =>
        {
            AssertArguments(request.Command);
            AssertArguments(request.Environment is { IsDefault: false } variables ? variables : []);
            AssertPath(request.WorkingDirectory ?? "/directory");
        }),
        _ => IsOne(input[1..], ControlJson.Default.ConfigurationRequest, RequestCheck.Configuration, request => Assert.NotEmpty(request.Name)),
    }, "{", "}", "[", "]", ",", "null", "true", "\"\"", "\"source\":", "\"target\":", "\"readOnly\":", "\"name\":", "\"command\":", "\"root\":", "\"environment\":", "\"workingDirectory\":",
        "\"user\":", "\"text\":", "\"/a\"", "\"/..\"", "/../", "//", "/./", "\\u0000", "\\ud800", "\\ud83d\\ude00", "[null]", "1e999", "/*", "\uFEFF");

    private static bool IsOne<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type, Func<T, T> check, Action<T> assert)
        where T : class
    {
        T request;
        try
        {
            request = check(Received(body, type));
        }
        catch (ControlException refused)
        {
            // What was wrong is said, and is no copy of all that was sent.
            Assert.InRange(refused.Message.Length, 1, body.Length + 500);
            return false;
        }

        assert(request);
        // A checked request passes the check as it is.
        byte[] written = JsonSerializer.SerializeToUtf8Bytes(request, type);
        Assert.Equal(written, JsonSerializer.SerializeToUtf8Bytes(check(Received(written, type)), type));
        return true;
    }

    private static T Received<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        DefaultHttpContext context = new();
        context.Features.Set<IHttpMaxRequestBodySizeFeature>(new BodySize());
        context.Request.Body = new MemoryStream(body.ToArray());
        Task<T> reading = RequestBody.ReadAsync(context.Request, type, CancellationToken.None);
        Assert.True(reading.IsCompleted);
        return reading.GetAwaiter().GetResult();
    }

    private static void AssertPath(string path)
    {
        Assert.StartsWith("/", path, StringComparison.Ordinal);
        Assert.False(path.Contains('\0'));
        Assert.True(path == "/" || path[1..].Split('/').All(component => component is not ("" or "." or "..")));
        Assert.InRange(Encoding.UTF8.GetByteCount(path), 1, 4095);
    }

    private static void AssertArguments(IEnumerable<string> arguments) => Assert.All(arguments, argument => Assert.False(argument is null || argument.Contains('\0')));

    private sealed class BodySize : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; }
    }
}
