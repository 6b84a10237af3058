using ContainerManager.Linux;

namespace ContainerManager.Client.Init;

/// <summary>A root in which the host's programs run: its /usr, read-only, and of /etc what such programs look for.</summary>
internal static class HostUsrRoot
{
    private static readonly string[] ProgramDirectories = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

    /// <summary>What host programs need of /etc, where it exists. Nothing in it is secret or names a user.</summary>
    private static readonly string[] FromEtc =
    [
        "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "ssl", "pki", "ca-certificates", "localtime", "timezone",
        "nsswitch.conf", "services", "protocols", "gai.conf", "mime.types", "terminfo", "X11", "xdg", "gtk-3.0", "glvnd", "vulkan", "OpenCL",
        "os-release",
    ];

    internal static void Fill(ContainerTree tree, InitOptions options)
    {
        foreach (string name in (ReadOnlySpan<string>)["usr", "etc", "var", "home", "mnt", "opt", "srv"])
        {
            tree.Top.MakeDirectory(name, Modes.Directory);
        }

        tree.Top.MakeDirectory("root", Modes.Private);
        FillVar(tree);
        TakeReadOnly(tree, "/usr");
        foreach (string name in ProgramDirectories)
        {
            ReproduceProgramDirectory(tree, name);
        }

        FillEtc(tree, options);
    }

    private static void FillVar(ContainerTree tree)
    {
        foreach (string name in (ReadOnlySpan<string>)["var/cache", "var/lib", "var/log", "var/spool"])
        {
            tree.Top.MakeDirectory(name, Modes.Directory);
        }

        tree.Top.MakeDirectory("var/tmp", Modes.Sticky);
        tree.Top.MakeLink("var/run", "/run");
    }

    /// <summary>/bin and its like are links into /usr on most hosts, and directories of their own on some.</summary>
    private static void ReproduceProgramDirectory(ContainerTree tree, string name)
    {
        if (tree.LinkOfHost("/" + name) is { } target)
        {
            tree.Top.MakeLink(name, target);
        }
        else
        {
            TakeReadOnly(tree, "/" + name);
        }
    }

    private static void FillEtc(ContainerTree tree, InitOptions options)
    {
        tree.Top.MakeFile("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
        tree.Top.MakeFile("etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n");
        tree.Top.MakeFile("etc/hostname", options.Name + "\n");
        tree.Top.MakeFile("etc/hosts", $"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 {options.Name}\n");
        tree.Top.MakeLink("etc/mtab", "/proc/self/mounts");
        foreach (string name in FromEtc)
        {
            TakeReadOnly(tree, "/etc/" + name);
        }

        if (options.HostNetwork)
        {
            TakeReadOnly(tree, "/etc/resolv.conf");
        }
    }

    private static void TakeReadOnly(ContainerTree tree, string path)
    {
        using DetachedMount? clone = tree.CloneOfHost(path);
        if (clone is null)
        {
            return;
        }

        if (clone.Status.Identity.Kind == FileKind.Directory)
        {
            tree.Top.MakeDirectory(path[1..], Modes.Directory);
        }
        else
        {
            tree.Top.MakeFile(path[1..], "");
        }

        clone.Restrict(MountAttributes.ReadOnly | MountAttributes.NoDevices);
        tree.Mount(clone, path);
    }
}
