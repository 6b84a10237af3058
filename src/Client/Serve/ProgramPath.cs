using ContainerManager.Linux;

namespace ContainerManager.Client.Serve;

/// <summary>Looks a program up in a PATH (execvp(3)).</summary>
internal static class ProgramPath
{
    /// <summary>Null: there is none. One that is there but may not be executed is returned, so that the kernel says why.</summary>
    internal static string? Find(string name, string path)
    {
        if (name.Contains('/'))
        {
            return Path.Exists(name) ? name : null;
        }

        string? denied = null;
        foreach (string directory in name.Length == 0 ? [] : path.Split(':'))
        {
            string candidate = Path.Combine(directory.Length == 0 ? "." : directory, name);
            if (File.Exists(candidate))
            {
                if (ChildProcess.IsExecutable(candidate))
                {
                    return candidate;
                }

                denied ??= candidate;
            }
        }

        return denied;
    }
}
