using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Installing;

/// <summary>Installed as people do it, on a machine that systemd has booted.</summary>
public sealed class InstallationTests
{
    /// <summary>Reads what is bound, as fast as it can, and notes each time that it is not there.</summary>
    private const string Reader = "echo begun > /tmp/begun; while [ ! -e /tmp/stop ]; do [ -s /bound ] || echo gap >> /tmp/gaps; done; touch /tmp/gaps; echo over > /tmp/over; sleep infinity";

    [Fact]
    public async Task TheDebianPackageIsInstalledUpgradedInUseAndPurged()
    {
        (await Command.RunAsync("env", ["-C", Installation.Repository, "./build.sh", "--deb"], TimeSpan.FromMinutes(5))).OutputOrThrow();
        string package = Assert.Single(Directory.GetFiles(Path.Combine(Installation.Repository, "out"), "container-manager_*.deb"));
        await using SystemdHost host = await SystemdHost.BootAsync();
        File.Copy(package, host.Root + "/root/cm.deb");
        await File.WriteAllTextAsync(host.Root + "/root/file", "x", TestContext.Current.CancellationToken);

        await host.RunAsync("dpkg", "--install", "/root/cm.deb");
        Assert.Equal("active", (await host.RunAsync("systemctl", "is-active", "container-manager")).Trim());
        Assert.Contains("status=\"5 plugins\"", $"status=\"{(await host.RunAsync("systemctl", "show", "container-manager", "--property=StatusText", "--value")).Trim()}\"", StringComparison.Ordinal);
        CommandResult doctor = await host.TryAsync("container-util", "doctor");
        string[] failed = [.. doctor.Output.Split('\n').Where(line => line.StartsWith("failed", StringComparison.Ordinal) && !line.Contains("runtime nspawn", StringComparison.Ordinal))];
        Assert.True(failed.Length == 0, string.Join('\n', failed));
        Assert.Contains("ok      privileges", doctor.Output, StringComparison.Ordinal);

        // A binding is in use while the package is installed once more, and while the server is killed.
        await host.RunAsync("container-util", "spawn", "box", "--host-usr", "--", "nice", "-n", "19", "sh", "-c", "while [ ! -s /bound ]; do :; done; " + Reader);
        await host.RunAsync("container-util", "-c", "box", "bind", "/root/file", "--to", "/bound");
        await host.RunAsync("container-util", "-c", "box", "run", "--", "sh", "-c", "while [ ! -e /tmp/begun ]; do :; done");
        string before = await MountAsync(host);
        await host.RunAsync("dpkg", "--install", "/root/cm.deb");
        Assert.Equal("active", (await host.RunAsync("systemctl", "is-active", "container-manager")).Trim());
        Assert.Equal(before, await MountAsync(host));
        await host.RunAsync("systemctl", "kill", "--signal=KILL", "--kill-whom=main", "container-manager");
        await host.RunAsync("sh", "-c", "until [ $(systemctl show --property=NRestarts --value container-manager) = 1 ] && systemctl is-active --quiet container-manager; do :; done");
        await host.RunAsync("systemctl", "reload", "container-manager");
        Assert.Equal(before, await MountAsync(host));
        await host.RunAsync("container-util", "-c", "box", "run", "--", "sh", "-c", "touch /tmp/stop; while [ ! -e /tmp/over ]; do :; done");
        Assert.Equal("", await host.RunAsync("container-util", "-c", "box", "run", "--", "cat", "/tmp/gaps"));

        // Saved is in force, as the file that came with the package says.
        await File.WriteAllTextAsync(host.Root + "/etc/container-manager.conf", """{ "containerConfigs": { "box": { "_automount": { "/root/file": { "target": "/saved" } } } } }""", TestContext.Current.CancellationToken);
        await host.RunAsync("container-util", "config", "reload");
        await host.RunAsync("container-util", "-c", "box", "run", "--", "sh", "-c", "while [ ! -s /saved ]; do :; done");
        Assert.Contains("\"PRIORITY\":\"6\"", (await host.RunAsync("journalctl", "--unit=container-manager", "--output=json")).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("is in force", await host.RunAsync("journalctl", "--unit=container-manager", "--output=cat"), StringComparison.Ordinal);

        await host.RunAsync("container-util", "stop", "box");
        await host.RunAsync("dpkg", "--purge", "container-manager");
        Assert.NotEqual(0, (await host.TryAsync("systemctl", "is-active", "container-manager")).ExitCode);
        foreach (string left in (string[])["/usr/lib/container-manager", "/var/lib/container-manager", "/run/container-manager", "/etc/container-manager.conf", "/usr/bin/container-util", "/usr/share/man/man1/container-util.1"])
        {
            Assert.False(Path.Exists(host.Root + left), left);
        }
    }

    /// <summary>By the script, as the README says, and away again.</summary>
    [Fact]
    public async Task TheScriptInstallsAServiceAndTakesItAway()
    {
        await using SystemdHost host = await SystemdHost.BootAsync();
        foreach (string part in (string[])["out/bin", "packaging", "src/Host/Configuration", "install.sh"])
        {
            string copy = Path.Combine(host.Root, "root/repository", part);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            (await Command.RunAsync("cp", ["-a", Path.Combine(Installation.Repository, part), copy])).OutputOrThrow();
        }

        Assert.Contains("the service runs", await host.RunAsync("/root/repository/install.sh"), StringComparison.Ordinal);
        Assert.Equal("active", (await host.RunAsync("systemctl", "is-active", "container-manager")).Trim());
        Assert.Contains("configuration /etc/container-manager.conf", await host.RunAsync("container-util", "status"), StringComparison.Ordinal);

        // Once more over the first, which runs.
        await host.RunAsync("/root/repository/install.sh");
        Assert.Equal("active", (await host.RunAsync("systemctl", "is-active", "container-manager")).Trim());
        Assert.Contains("What is mounted", (await host.RunAsync("/root/repository/install.sh", "--uninstall")).Replace("what is mounted", "What is mounted", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.NotEqual(0, (await host.TryAsync("systemctl", "is-active", "container-manager")).ExitCode);
        foreach (string left in (string[])["/usr/local/lib/container-manager", "/usr/local/bin/container-util", "/etc/systemd/system/container-manager.service"])
        {
            Assert.False(Path.Exists(host.Root + left), left);
        }

        Assert.True(File.Exists(host.Root + "/etc/container-manager.conf"));
    }

    /// <summary>With a prefix, into a directory: all that it writes it takes away again, but for the configuration.</summary>
    [Fact]
    public async Task TheScriptTakesAwayWhatItHasPutThere()
    {
        using TemporaryDirectory directory = new("install");
        await ScriptAsync("--prefix", "/opt/cm", "--destdir", directory["."]);
        string[] installed = [.. Directory.GetFiles(directory["."], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(directory["."], file)).Order(StringComparer.Ordinal)];
        foreach (string file in (string[])["etc/container-manager.conf", "etc/systemd/system/container-manager.service", "opt/cm/bin/container-util", "opt/cm/lib/container-manager/server",
            "opt/cm/lib/container-manager/presets/x11.json", "opt/cm/share/bash-completion/completions/container-util", "opt/cm/share/man/man1/container-util.1",
            "opt/cm/share/man/man5/container-manager.conf.5", "opt/cm/share/man/man8/container-manager.8"])
        {
            Assert.Contains(file, installed);
        }

        Assert.Contains("/opt/cm/lib/container-manager/server\n", await File.ReadAllTextAsync(directory["etc/systemd/system/container-manager.service"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        (await Command.RunAsync(Installation.Server, ["--check", "--config", directory["etc/container-manager.conf"]])).OutputOrThrow();

        // A second time over the first, with a configuration that somebody has written.
        await File.WriteAllTextAsync(directory["etc/container-manager.conf"], "{}", TestContext.Current.CancellationToken);
        await ScriptAsync("--prefix", "/opt/cm", "--destdir", directory["."]);
        Assert.Equal("{}", await File.ReadAllTextAsync(directory["etc/container-manager.conf"], TestContext.Current.CancellationToken));
        await ScriptAsync("--prefix", "/opt/cm", "--destdir", directory["."], "--uninstall");
        Assert.Equal(["etc/container-manager.conf"], Directory.GetFiles(directory["."], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(directory["."], file)));
        Assert.NotEqual(0, (await Command.RunAsync(Path.Combine(Installation.Repository, "install.sh"), ["--prefix", "relative"])).ExitCode);
    }

    /// <summary>Pages that man(1) finds nothing wrong with, in which each verb, option of the server and key of the configuration is.</summary>
    [Fact]
    public async Task TheManualPagesSayAllThatThereIs()
    {
        string util = (await Command.RunAsync(Installation.Tool, ["manual"])).OutputOrThrow();
        foreach (string verb in (string[])["status", "bind", "unbind", "run", "check", "desktop export", "config diff", "doctor", "completion"])
        {
            Assert.Contains($".SS {verb}", util, StringComparison.Ordinal);
        }

        string server = await File.ReadAllTextAsync(Path.Combine(Installation.Repository, "packaging/man/container-manager.8"), TestContext.Current.CancellationToken);
        foreach (string word in (await Command.RunAsync(Installation.Server, ["--help"])).OutputOrThrow().Split([' ', '\n', ',']).Where(word => word.StartsWith("--", StringComparison.Ordinal) && word.Length > 2 && char.IsLetter(word[2])))
        {
            Assert.Contains(word.Split('=')[0].Replace("-", "\\-", StringComparison.Ordinal), server, StringComparison.Ordinal);
        }
    }

    private static async Task ScriptAsync(params string[] arguments) =>
        (await Command.RunAsync(Path.Combine(Installation.Repository, "install.sh"), arguments, TimeSpan.FromMinutes(2))).OutputOrThrow();

    private static async Task<string> MountAsync(SystemdHost host)
    {
        // A server that has just started has not looked at every container yet.
        string status = await host.RunAsync("sh", "-c", "until s=$(container-util --json status box) && echo \"$s\" | grep -q mountId; do :; done; echo \"$s\"");
        return System.Text.Json.JsonSerializer.Deserialize(status, Protocol.ControlJson.Default.StatusReply)!.Containers[0].Bindings.Single(binding => binding.Target == "/bound").MountId.ToString()!;
    }
}
