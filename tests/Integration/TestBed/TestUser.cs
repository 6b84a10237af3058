using System.Globalization;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>
/// A user of the test's own, with a home in the test's directory, subordinate ids and a runtime directory as if logged in. Removed with
/// the directory (<see cref="Leftovers"/>), which finds it by its home.
/// </summary>
internal sealed class TestUser
{
    private static int s_count;

    private TestUser(string name, uint id, string home)
    {
        Name = name;
        Id = id;
        Home = home;
    }

    internal string Name { get; }

    internal uint Id { get; }

    internal string Home { get; }

    internal string RuntimeDirectory => string.Create(CultureInfo.InvariantCulture, $"/run/user/{Id}");

    /// <summary>What runs a program as this user, as after a login.</summary>
    internal string[] Command =>
    [
        "setpriv", Invariant($"--reuid={Id}"), Invariant($"--regid={Id}"), "--clear-groups", "--inh-caps=-all", "--",
        "env", "-i", "-C", "/", "HOME=" + Home, "XDG_RUNTIME_DIR=" + RuntimeDirectory, "USER=" + Name, "LOGNAME=" + Name, "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    ];

    /// <summary>Makes one.</summary>
    /// <param name="directory">The test's.</param>
    /// <param name="configuration">A file in it that becomes the user's containers.conf.</param>
    internal static TestUser Create(TemporaryDirectory directory, string? configuration = null)
    {
        string name = Invariant($"cm{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");
        string home = directory["home"];
        Run("useradd", "--create-home", "--home-dir", home, "--user-group", name);
        uint id = uint.Parse(Output("id", "-u", name), CultureInfo.InvariantCulture);
        TestUser user = new(name, id, home);
        string settings = Path.Combine(home, ".config/containers");
        Directory.CreateDirectory(settings);
        File.WriteAllText(Path.Combine(settings, "storage.conf"), "[storage]\ndriver = \"vfs\"\n");
        if (configuration is not null)
        {
            File.Copy(directory[configuration], Path.Combine(settings, "containers.conf"));
        }

        user.Own(home);
        Directory.CreateDirectory(user.RuntimeDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        user.Own(user.RuntimeDirectory);
        return user;
    }

    /// <summary>Gives it a directory with all that is in it.</summary>
    internal void Own(string path) => Run("chown", "-R", Invariant($"{Id}:{Id}"), path);

    private static void Run(string program, params string[] arguments) => Output(program, arguments);

    private static string Output(string program, params string[] arguments) =>
        TestBed.Command.RunAsync(program, arguments).GetAwaiter().GetResult().OutputOrThrow();

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
