using System.Globalization;
using System.Text;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Serve;

/// <summary>
/// <c>client enter</c>: still on the host, starts <c>client serve</c> in a container's namespaces, and waits for its end. Nothing is executed inside that has
/// more capabilities than the container's first process could have, and nothing but the very file that we are ourselves, by whatever path.
/// </summary>
internal static class EnterStage
{
    private const string Ourselves = "/proc/self/exe";
    private const int LongestEnvironment = 1 << 20;

    internal static int Run(ReadOnlySpan<string> arguments)
    {
        if (arguments is not ["--pid", var pid, "--file", var file, "--capabilities", var mask, .. var rest] || rest is not ([] or ["--no-new-privileges"]) ||
            !int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out int processId) ||
            !ulong.TryParse(mask, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong kept))
        {
            return Refuse("'client enter' is for the server");
        }

        try
        {
            return Enter(processId, file, kept, rest.Length > 0);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Refuse(failure.Message);
        }
    }

    private static int Enter(int processId, string file, ulong kept, bool noNewPrivileges)
    {
        FileIdentity own = FileStatus.OfPath(Ourselves, followLinks: true)?.Identity ?? throw new IOException("/proc is not mounted");
        using ProcessEntrance entrance = ProcessEntrance.Open(processId);
        string[] environment = EnvironmentOf(processId);

        // The server looks whether all of that was the container's, and moves us into its cgroups.
        Descriptor.Write(Descriptor.StandardOutput, "started\n");
        using SafeFileHandle input = new(0, ownsHandle: false);
        if (Descriptor.ReadByte(input) != 'g')
        {
            return 1;
        }

        entrance.Enter();
        using SafeFileHandle program = PlainPath.Open(file);
        if (FileStatus.OfHandle(program).Identity != own)
        {
            throw new IOException($"{file} in the container is not the client: something is mounted over it");
        }

        OwnProcess.LeaveGroups();
        OwnProcess.LimitCapabilities(kept);
        if (noNewPrivileges)
        {
            OwnProcess.ForgoNewPrivileges();
        }

        int client = ProcessEntrance.Start(program, ["client", "serve"], environment);

        // The stream is the client's alone: when it ends, its server must see that.
        for (int stream = 0; stream <= Descriptor.StandardError; stream++)
        {
            new SafeFileHandle(stream, ownsHandle: true).Dispose();
        }

        return ChildProcess.Wait(client);
    }

    /// <summary>Of the container's first process, as far as it is of a usual size: it says itself where it begins and ends, and it may be gigabytes.</summary>
    private static string[] EnvironmentOf(int processId)
    {
        byte[] buffer = new byte[LongestEnvironment];
        int length = Descriptor.ReadFile($"/proc/{processId}/environ", buffer);
        string[] variables = length >= 0 ? Encoding.UTF8.GetString(buffer.AsSpan(0, length)).Split('\0') : throw new IOException($"/proc/{processId}/environ cannot be read");

        // Each ends in a zero byte: what follows the last one is nothing, or cut off.
        return [.. variables[..^1].Where(variable => variable.Length > 0)];
    }

    private static int Refuse(string text)
    {
        Descriptor.Write(Descriptor.StandardError, $"client: {text}\n");
        return 1;
    }
}
