using System.Diagnostics;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>How a container is started: setsid(1) unshare(1) client init. Managed code cannot make a user namespace for itself.</summary>
internal static class LaunchCommand
{
    internal static ProcessStartInfo For(LaunchRequest request, string client)
    {
        ProcessStartInfo start = new("setsid", [.. Unshare(request), "--", client, "init", .. Init(request), "--", .. request.Command])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Nothing of the server's environment is the container's business: /proc/1/environ shows it.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return start;
    }

    private static IEnumerable<string> Unshare(LaunchRequest request)
    {
        yield return "unshare";
        yield return "--fork";
        yield return "--mount";
        yield return "--pid";
        yield return "--uts";
        yield return "--ipc";
        yield return "--cgroup";
        if (!request.HostNetwork)
        {
            yield return "--net";
        }

        if (request.UserNamespace)
        {
            // Its ids are mapped by us, from outside; until then the first process needs its capabilities to be kept over exec.
            yield return "--user";
            yield return "--keep-caps";
        }
    }

    private static IEnumerable<string> Init(LaunchRequest request)
    {
        yield return "--name";
        yield return request.Name;
        if (request.Root is null)
        {
            yield return "--host-usr";
        }
        else
        {
            yield return "--root";
            yield return request.Root;
        }

        if (request.HostNetwork)
        {
            yield return "--host-network";
        }

        if (request.UserNamespace)
        {
            yield return "--user-namespace";
        }
    }
}
