using Microsoft.AspNetCore.Http;

namespace ContainerManager.Host.Control;

/// <summary>A request is refused: what the client is told.</summary>
/// <param name="statusCode">The HTTP status, 400 to 599.</param>
/// <param name="error">What is wrong, in words for a person.</param>
/// <param name="hint">What to do about it; null where there is nothing to say.</param>
internal sealed class ControlException(int statusCode, string error, string? hint = null) : Exception(error)
{
    internal int StatusCode { get; } = statusCode;

    internal string? Hint { get; } = hint;

    /// <summary>400: the request itself is wrong.</summary>
    internal static ControlException BadRequest(string error, string? hint = null) => new(StatusCodes.Status400BadRequest, error, hint);

    /// <summary>404: no such container.</summary>
    internal static ControlException UnknownContainer(string name) =>
        new(StatusCodes.Status404NotFound, $"no container is called '{name}'", "'container-util status' lists them");
}
