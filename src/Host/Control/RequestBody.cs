using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace ContainerManager.Host.Control;

/// <summary>Reads what a client sends.</summary>
internal static class RequestBody
{
    /// <summary>Bytes.</summary>
    internal const int LongestBody = 64 * 1024;

    /// <exception cref="ControlException">It is not what is expected here, or too long.</exception>
    internal static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, cancellationToken)
                ?? throw ControlException.BadRequest("the body is null", "a JSON object is expected");
        }
        catch (JsonException exception)
        {
            throw ControlException.BadRequest($"the body is not a valid {typeof(T).Name}: {exception.Message}");
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new ControlException(exception.StatusCode, $"the body is longer than {LongestBody} bytes");
        }
    }
}
