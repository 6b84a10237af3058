namespace ContainerManager.Plugins.Nspawn;

/// <summary>
/// What matters of the arguments of a systemd-nspawn(1). Read as getopt_long(3) reads them: options end at the first other word; a
/// long option may be shortened as long as it is clear, and has its value after <c>=</c> or in the next word.
/// </summary>
internal sealed class NspawnCommandLine
{
    private const string ShortWithValue = "DuLMSZipE";

    private static readonly string[] s_withValue =
    [
        "ambient-capability", "background", "bind", "bind-ro", "bind-user", "bind-user-group", "bind-user-shell", "capability", "chdir",
        "console", "cpu-affinity", "directory", "drop-capability", "hostname", "image", "image-policy", "inaccessible", "kill-signal",
        "link-journal", "load-credential", "machine", "mstack", "network-bridge", "network-interface", "network-ipvlan", "network-macvlan",
        "network-namespace-path", "network-veth-extra", "network-zone", "no-new-privileges", "notify-ready", "oci-bundle",
        "oom-score-adjust", "overlay", "overlay-ro", "personality", "pivot-root", "port", "private-users-delegate",
        "private-users-ownership", "property", "register", "resolv-conf", "restrict-address-families", "rlimit", "root-hash",
        "root-hash-sig", "selinux-apifs-context", "selinux-context", "set-credential", "setenv", "settings", "slice", "suppress-sync",
        "system-call-filter", "template", "timezone", "tmpfs", "user", "uuid", "verity-data",
    ];

    private static readonly string[] s_withoutValue =
    [
        "as-pid2", "boot", "cleanup", "ephemeral", "forward-journal", "help", "keep-unit", "network-veth", "no-ask-password", "no-pager",
        "pipe", "private-network", "private-users", "private-users-chown", "quiet", "read-only", "share-system", "system", "version",
        "volatile",
    ];

    private readonly Dictionary<string, string> _values = [];

    /// <param name="arguments">As in <c>/proc/PID/cmdline</c>, the program's name first.</param>
    internal NspawnCommandLine(IReadOnlyList<string> arguments)
    {
        for (int i = 1; i < arguments.Count && arguments[i] is ['-', _, ..] and not "--"; i++)
        {
            string? next = i + 1 < arguments.Count ? arguments[i + 1] : null;
            bool usesNext = arguments[i].StartsWith("--", StringComparison.Ordinal) ? TakeLong(arguments[i][2..], next) : TakeShort(arguments[i], next);
            i += usesNext ? 1 : 0;
        }
    }

    /// <summary>The host name inside, if one is given.</summary>
    internal string? HostName => Value("hostname");

    /// <summary>The root is a copy that goes with the machine.</summary>
    internal bool Ephemeral => _values.ContainsKey("ephemeral");

    /// <summary>The machine's name: the one given, or what nspawn makes of the root's. Null: it cannot be told.</summary>
    /// <param name="workingDirectory">Of the nspawn process.</param>
    /// <param name="hostName">Of the host, whose name a machine on the host's own root has.</param>
    internal string? MachineName(string workingDirectory, string hostName)
    {
        if (Value("machine") is { } given)
        {
            return Nspawn.MachineName.IsValid(given) ? given : null;
        }

        if (Value("image") is { } image)
        {
            string file = Path.GetFileName(image.TrimEnd('/'));
            return Nspawn.MachineName.From(file.EndsWith(".raw", StringComparison.Ordinal) ? file[..^4] : file);
        }

        string root = Path.GetFullPath(Value("directory") ?? Value("oci-bundle") ?? Value("template") ?? ".", workingDirectory).TrimEnd('/');
        return Nspawn.MachineName.From(root.Length == 0 ? hostName : Path.GetFileName(root));
    }

    private string? Value(string option) => _values.TryGetValue(option, out string? value) && value.Length > 0 ? value : null;

    private bool TakeLong(string text, string? next)
    {
        string[] parts = text.Split('=', 2);
        bool needsValue = FullName(s_withValue, parts[0]) is not null && !s_withoutValue.Contains(parts[0]);
        string name = FullName(needsValue ? s_withValue : s_withoutValue, parts[0]) ?? parts[0];
        _values[name] = parts.Length == 2 ? parts[1] : needsValue ? next ?? "" : "";
        return needsValue && parts.Length == 1;
    }

    private static string? FullName(string[] options, string name) =>
        options.Contains(name) ? name : options.Where(option => option.StartsWith(name, StringComparison.Ordinal)).ToArray() is [{ } only] ? only : null;

    /// <summary>Several letters may share a word: <c>-qM web</c>, <c>-qMweb</c>.</summary>
    private bool TakeShort(string word, string? next)
    {
        for (int i = 1; i < word.Length; i++)
        {
            if (ShortWithValue.Contains(word[i], StringComparison.Ordinal))
            {
                bool usesNext = i + 1 == word.Length;
                Set(word[i], usesNext ? next ?? "" : word[(i + 1)..]);
                return usesNext;
            }

            Set(word[i], "");
        }

        return false;
    }

    private void Set(char letter, string value)
    {
        string? name = letter switch { 'M' => "machine", 'D' => "directory", 'i' => "image", 'x' => "ephemeral", _ => null };
        if (name is not null)
        {
            _values[name] = value;
        }
    }
}
