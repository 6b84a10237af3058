using System.Globalization;

namespace ContainerManager.Plugins.Lxc;

/// <summary>Which user namespace (user_namespaces(7)) a process is in.</summary>
internal static class UserNamespace
{
    /// <summary>It is in the server's own, so that its root is the host's.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    internal static bool IsOurs(int processId) => Of(processId.ToString(CultureInfo.InvariantCulture)) == Of("self");

    private static string Of(string process) =>
        File.ResolveLinkTarget($"/proc/{process}/ns/user", returnFinalTarget: false)?.Name ?? throw new IOException($"process {process} is gone");
}
