using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace ContainerManager.EngineApi;

/// <summary>Addresses of engines as people write them: <c>unix:///PATH</c>.</summary>
public static class SocketAddresses
{
    private const string Scheme = "unix://";

    /// <summary>The size of sun_path less its final zero byte (unix(7)).</summary>
    private const int LongestPath = 107;

    /// <summary>The paths in an array of addresses, each once.</summary>
    /// <param name="array">The setting.</param>
    /// <param name="where">What to call it in a message.</param>
    /// <exception cref="FormatException">It is no such array. The message says where, and what was expected.</exception>
    public static ImmutableArray<string> PathsOf(JsonElement array, string where)
    {
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() == 0)
        {
            throw new FormatException($"{where}: expected a list of \"unix:///PATH\", found {array.GetRawText()}");
        }

        return [.. array.EnumerateArray().Select((item, index) => PathOf(
            item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText(), $"{where}[{index}]")).Distinct()];
    }

    /// <summary>The path in one address.</summary>
    /// <exception cref="FormatException">It is no address of this host.</exception>
    public static string PathOf(string address, string where)
    {
        string path = address.StartsWith(Scheme, StringComparison.Ordinal) ? address[Scheme.Length..] : "";
        if (!path.StartsWith('/'))
        {
            throw new FormatException(
                $"{where}: expected unix:///PATH, found \"{address}\"; only an engine of this host has containers that can be entered");
        }

        return Encoding.UTF8.GetByteCount(path) <= LongestPath
            ? path
            : throw new FormatException($"{where}: \"{path}\" is longer than the {LongestPath} bytes that a socket's path may have");
    }
}
