using ContainerManager.Linux;

namespace ContainerManager.Client.Serve;

/// <summary><c>client exec</c>: becomes a program, as a user, in a directory, in a terminal. Started by <c>client serve</c>, already leading a session.</summary>
internal static class ExecStage
{
    private const int NotFound = 127;
    private const int NotExecutable = 126;
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    internal static int Run(ReadOnlySpan<string> arguments)
    {
        string? user = null, directory = null;
        bool terminal = false, keepHome = false;
        while (arguments is [var option, ..] && option != "--")
        {
            switch (option)
            {
                case "--terminal": terminal = true; break;
                case "--keep-home": keepHome = true; break;
                case "--user" when arguments.Length > 1: user = arguments[1]; arguments = arguments[1..]; break;
                case "--cwd" when arguments.Length > 1: directory = arguments[1]; arguments = arguments[1..]; break;
                default: return Say(NotExecutable, $"unknown argument '{option}'");
            }

            arguments = arguments[1..];
        }

        if (arguments is not ["--", _, ..])
        {
            return Say(NotExecutable, "no command");
        }

        string[] command = [.. arguments[1..]];
        try
        {
            return Become(command, user, directory, terminal, keepHome);
        }
        catch (IOException failure)
        {
            return Say(NotExecutable, failure.Message);
        }
    }

    private static int Become(string[] command, string? user, string? directory, bool terminal, bool keepHome)
    {
        if (terminal)
        {
            PseudoTerminal.BecomeControlling();
        }

        Account account = Accounts.Find(user);
        SetHome(account, user is not null, keepHome);
        if (user is not null)
        {
            OwnProcess.GiveStandardStreams(account.User, terminal);
            OwnProcess.BecomeUser(account.User, account.Group, account.Others);
        }

        if (directory is not null)
        {
            if (!OwnProcess.TryChangeDirectory(directory))
            {
                return Say(NotExecutable, $"the directory {directory} cannot be entered");
            }
        }
        else if (!OwnProcess.TryChangeDirectory(Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home : "/"))
        {
            _ = OwnProcess.TryChangeDirectory("/");
        }

        string path = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } own ? own : DefaultPath;
        Environment.SetEnvironmentVariable("PATH", path);
        if (ProgramPath.Find(command[0], path) is not { } program)
        {
            return Say(NotFound, $"{command[0]}: not found in the container");
        }

        return Say(NotExecutable, $"{command[0]}: {ChildProcess.Become(program, command, EnvironmentBlock()).Message}");
    }

    /// <summary>As a login would, unless it was asked for otherwise.</summary>
    private static void SetHome(Account account, bool asked, bool keepHome)
    {
        if (!keepHome && (asked || Environment.GetEnvironmentVariable("HOME") is null))
        {
            Environment.SetEnvironmentVariable("HOME", account.Home);
        }

        if (asked)
        {
            Environment.SetEnvironmentVariable("USER", account.Name);
            Environment.SetEnvironmentVariable("LOGNAME", account.Name);
        }
    }

    private static string[] EnvironmentBlock()
    {
        List<string> variables = [];
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables.Add($"{variable.Key}={variable.Value}");
        }

        return [.. variables];
    }

    private static int Say(int status, string text)
    {
        Descriptor.Write(Descriptor.StandardError, $"client: {text}\n");
        return status;
    }
}
