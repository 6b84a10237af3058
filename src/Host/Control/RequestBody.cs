using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ContainerManager.Host.Control;

/// <summary>Reads what a client sends.</summary>
internal static class RequestBody
{
    /// <summary>Bytes.</summary>
    internal const int LongestBody = 64 * 1024;

    /// <summary>Bytes, where a configuration file is sent.</summary>
    internal const int LongestFile = 4 * 1024 * 1024;

    /// <exception cref="ControlException">It is not what is expected here, or too long.</exception>
    internal static async Task<T> ReadAsync<T>(
        HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken, int longest = LongestBody)
        where T : class
    {
        request.HttpContext.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = longest;
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
            throw new ControlException(exception.StatusCode, $"the body is longer than {longest} bytes");
        }
    }
}
