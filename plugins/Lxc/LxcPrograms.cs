using System.Diagnostics;
using System.Globalization;

namespace ContainerManager.Plugins.Lxc;

/// <summary>The programs of LXC on this host, and how they are run: never through a shell, with nothing of our environment.</summary>
internal sealed class LxcPrograms(string searchPath)
{
    private const string UsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    /// <summary>Those of the server's own PATH.</summary>
    internal static LxcPrograms OfHost { get; } = new(Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } path ? path : UsualPath);

    /// <summary>The directories they are looked for in.</summary>
    internal IEnumerable<string> Directories { get; } =
        [.. searchPath.Split(':').Where(directory => directory.StartsWith('/')).Select(Path.TrimEndingDirectorySeparator).Distinct()];

    internal bool Installed => ((string[])["lxc-monitor", "lxc-info", "lxc-config"]).All(program => Find(program) is not null);

    /// <summary>The host's default lxcpath.</summary>
    internal async Task<string> DefaultPathAsync(CancellationToken cancellationToken) =>
        (await RunAsync(Command(Account.Root, "lxc-config", "lxc.lxcpath"), cancellationToken)).Trim() is ['/', ..] path
            ? path.TrimEnd('/')
            : throw new IOException("lxc-config lxc.lxcpath: no absolute path");

    /// <summary>Asks for the state of one container. It need not exist.</summary>
    /// <exception cref="IOException">There is no answer.</exception>
    internal async Task<ContainerInfo> InfoAsync(Account account, string lxcPath, string container, CancellationToken cancellationToken) =>
        ContainerInfo.Parse(await RunAsync(
            Command(account, "lxc-info", "--lxcpath=" + lxcPath, "--name=" + container, "--no-humanize", "--state", "--pid", "--config=lxc.uts.name"),
            cancellationToken));

    /// <summary>
    /// How lxc-monitor(1) is started: all state changes in these lxcpaths. The kernel ends it when the thread ends that started it, so
    /// that it does not outlive a server that is killed.
    /// </summary>
    internal ProcessStartInfo Monitor(Account account, IEnumerable<string> lxcPaths) =>
        As(account, Wrapped(Program("lxc-monitor", [.. lxcPaths.Select(path => "--lxcpath=" + path)]), "--pdeathsig=KILL"));

    /// <summary>Starts a program in a container of root's, confined and accounted as the container's own are.</summary>
    internal Process Attach(ContainerKey container, IEnumerable<string> command) => Process.Start(Program(
        "lxc-attach", ["--lxcpath=" + container.Path, "--name=" + container.Name, "--clear-env", "--", .. command]))!;

    private string? Find(string program) => Directories.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    private ProcessStartInfo Command(Account account, string program, params string[] arguments) => As(account, Program(program, arguments));

    private ProcessStartInfo Program(string program, string[] arguments)
    {
        ProcessStartInfo start = new(Find(program) ?? throw new FileNotFoundException($"{program} is not installed"), arguments)
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = searchPath;
        return start;
    }

    /// <summary>The last to be wrapped: a change of ids takes away the signal of the parent's death (PR_SET_PDEATHSIG, prctl(2)).</summary>
    private ProcessStartInfo As(Account account, ProcessStartInfo start)
    {
        if (account.IsRoot)
        {
            return start;
        }

        start.Environment["HOME"] = account.Home;
        if (Directory.Exists(account.RuntimeDirectory))
        {
            start.Environment["XDG_RUNTIME_DIR"] = account.RuntimeDirectory;
        }

        // A session of its own: a user's program must have no way to our terminal (TIOCSTI, ioctl_tty(2)).
        string setsid = Find("setsid") ?? throw new FileNotFoundException("setsid (package util-linux) is not installed");
        return Wrapped(Through(start, setsid), Id("--reuid=", account.UserId), Id("--regid=", account.GroupId), "--clear-groups", "--inh-caps=-all", "--no-new-privs");

        static string Id(string option, uint id) => option + id.ToString(CultureInfo.InvariantCulture);
    }

    private ProcessStartInfo Wrapped(ProcessStartInfo start, params string[] options)
    {
        string setpriv = Find("setpriv") ?? throw new FileNotFoundException("setpriv (package util-linux) is not installed");
        return Through(start, setpriv, options);
    }

    /// <summary>The same command, started by another program.</summary>
    private static ProcessStartInfo Through(ProcessStartInfo start, string program, params string[] options)
    {
        string[] arguments = [.. options, start.FileName, .. start.ArgumentList];
        start.FileName = program;
        start.ArgumentList.Clear();
        Array.ForEach(arguments, start.ArgumentList.Add);
        return start;
    }

    private static async Task<string> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        string program = start.ArgumentList.Prepend(start.FileName).Select(Path.GetFileName).First(name => name!.StartsWith("lxc-", StringComparison.Ordinal))!;
        using Process process = Process.Start(start)!;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerWithin);
        try
        {
            process.StandardInput.Close();
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? output : throw new IOException($"{program}: {(await error).Trim()}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{program} does not answer within {AnswerWithin.TotalSeconds:0} s");
        }
        finally
        {
            // Nothing that we started stays. One that has ended is no error.
            process.Kill(entireProcessTree: false);
        }
    }
}
