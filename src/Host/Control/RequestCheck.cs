using System.Text;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Control;

/// <summary>What a request must be before the engine sees it.</summary>
internal static class RequestCheck
{
    /// <summary>PATH_MAX without its terminating zero (limits.h).</summary>
    private const int LongestPath = 4095;
    private const int LongestContainerName = 255;
    private const int LongestSpawnName = 63;

    internal static BindRequest Bind(BindRequest request)
    {
        string source = Path(request.Source, "source");
        string target = request.Target is null ? source : Path(request.Target, "target");
        return target == "/"
            ? throw ControlException.BadRequest("target: nothing can be mounted on the container's root", "name a directory inside it")
            : request with { Source = source, Target = request.Target is null ? null : target };
    }

    internal static SpawnRequest Spawn(SpawnRequest request)
    {
        SpawnName(request.Name);
        if (request.Command.IsDefaultOrEmpty || string.IsNullOrEmpty(request.Command[0]))
        {
            throw ControlException.BadRequest("command: a program is required", "put it after '--': container-util spawn NAME -- COMMAND…");
        }

        return request.Command.Any(static word => word is null || word.Contains('\0'))
            ? throw ControlException.BadRequest("command: an argument must be text without NUL")
            : request with { Root = request.Root is null ? null : Path(request.Root, "root") };
    }

    internal static ProgramRequest Program(ProgramRequest request)
    {
        if (request.Command.IsDefaultOrEmpty || string.IsNullOrEmpty(request.Command[0]))
        {
            throw ControlException.BadRequest("command: a program is required");
        }

        IEnumerable<string?> texts = [.. request.Command, .. request.Environment is { IsDefault: false } variables ? variables : [], request.User];
        return texts.Any(static text => text?.Contains('\0') == true) || request.Command.Contains(null!) || request.Environment?.Contains(null!) == true
            ? throw ControlException.BadRequest("command, environment, user: text without NUL is expected")
            : request with { WorkingDirectory = request.WorkingDirectory is { } directory ? Path(directory, "workingDirectory") : null };
    }

    internal static ConfigurationRequest Configuration(ConfigurationRequest request) => string.IsNullOrEmpty(request.Name) || request.Name.Any(char.IsControl)
        ? throw ControlException.BadRequest("name: what errors shall call the file is required")
        : request;

    /// <summary>An absolute path without <c>..</c>; doubled and trailing slashes and <c>.</c> are taken out.</summary>
    internal static string Path(string? path, string member)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw ControlException.BadRequest($"{member}: a path is required");
        }

        if (path.Contains('\0'))
        {
            throw ControlException.BadRequest($"{member}: the path contains a NUL character");
        }

        if (path[0] != '/')
        {
            throw ControlException.BadRequest($"{member}: '{path}' is not an absolute path", "begin it with '/'");
        }

        if (Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            throw ControlException.BadRequest($"{member}: the path is longer than {LongestPath} bytes");
        }

        string[] components = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return components.Contains("..")
            ? throw ControlException.BadRequest($"{member}: '{path}' contains '..'", "write the path without it")
            : "/" + string.Join('/', components.Where(static component => component != "."));
    }

    /// <summary>The name of any runtime's container.</summary>
    internal static string ContainerName(string name) =>
        name.Length is 0 or > LongestContainerName || name.Any(char.IsControl)
            ? throw ControlException.BadRequest($"the container's name must have 1 to {LongestContainerName} printable characters")
            : name;

    private static void SpawnName(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > LongestSpawnName || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(IsNameCharacter))
        {
            throw ControlException.BadRequest(
                $"name: '{name}' cannot be a container's name",
                $"letters, digits, '_', '.' and '-', at most {LongestSpawnName}, beginning with a letter or digit");
        }
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-';
}
