using System.Globalization;
using ContainerManager.Linux;

namespace ContainerManager.Cli.Desktop;

/// <summary>Whose desktop it is: who has started us, also by sudo(8).</summary>
/// <param name="DataDirectory">XDG_DATA_HOME (XDG Base Directory Specification).</param>
/// <param name="Ids">Where we act for somebody else: user and group.</param>
internal sealed record InvokingUser(string DataDirectory, (uint User, uint Group)? Ids)
{
    /// <exception cref="Failure">Nobody knows where the user is at home.</exception>
    internal static InvokingUser Find()
    {
        if (OwnProcess.EffectiveUser == 0 && Environment.GetEnvironmentVariable("SUDO_UID") is { Length: > 0 } uid && uid != "0")
        {
            string[] account = File.ReadLines("/etc/passwd").Select(static line => line.Split(':')).FirstOrDefault(fields => fields.Length == 7 && fields[2] == uid)
                ?? throw new Failure(ExitCode.Failed, $"user {uid}, who has called sudo, is not in /etc/passwd", "call it as root without SUDO_UID, and with the XDG_DATA_HOME that is meant");
            return new InvokingUser($"{account[5]}/.local/share", (Number(account[2]), Number(account[3])));
        }

        string? data = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is ['/', ..] named ? named
            : Environment.GetEnvironmentVariable("HOME") is ['/', ..] home ? home + "/.local/share" : null;
        return new InvokingUser(data ?? throw new Failure(ExitCode.Usage, "neither HOME nor XDG_DATA_HOME says where the desktop's files are"), null);
    }

    /// <summary>Does something to the user's files, with no more than the user's rights.</summary>
    /// <exception cref="Failure">The user may not, or there is no room.</exception>
    internal void Do(Action work)
    {
        try
        {
            if (Ids is { } ids)
            {
                using FilesAsUser user = new(ids.User, ids.Group);
                work();
            }
            else
            {
                work();
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new Failure(ExitCode.Failed, $"the desktop's files cannot be written: {refused.Message}");
        }
    }

    private static uint Number(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
