using System.Globalization;
using System.Text;

namespace ContainerManager.Tests.Integration.KernelAbi;

/// <summary>
/// What this machine's headers say. The kernel's and the C library's define the same structures, so they are asked apart; the kernel's
/// first, as they are what the system calls are made of.
/// </summary>
internal static class Headers
{
    private static readonly string[][] s_groups =
    [
        ["stddef.h", "stdio.h", "asm/unistd.h", "linux/fcntl.h", "linux/stat.h", "linux/mount.h", "linux/openat2.h", "linux/sched.h", "linux/sched/types.h",
            "linux/inotify.h", "linux/eventpoll.h", "linux/limits.h", "linux/netlink.h", "linux/bpf.h", "linux/pidfd.h", "linux/capability.h",
            "linux/prctl.h", "linux/nsfs.h", "linux/securebits.h", "linux/magic.h", "linux/wait.h", "linux/if.h",
            "linux/connector.h", "linux/cn_proc.h", "linux/falloc.h", "linux/filter.h", "linux/perf_event.h"],
        ["stddef.h", "stdio.h", "errno.h", "fcntl.h", "sched.h", "signal.h", "unistd.h", "limits.h", "sys/stat.h", "sys/inotify.h", "sys/epoll.h",
            "sys/eventfd.h", "sys/mount.h", "sys/socket.h", "sys/un.h", "sys/syscall.h", "sys/wait.h", "sys/prctl.h", "sys/ioctl.h",
            "sys/signalfd.h", "poll.h", "termios.h", "spawn.h", "dirent.h", "net/if.h", "sys/file.h", "sys/mman.h", "sys/uio.h", "sys/socket.h"],
    ];

    /// <summary>The value of each expression, by expression; those that no header has are left out.</summary>
    internal static async Task<Dictionary<string, ulong>> ValuesAsync(IEnumerable<string> expressions)
    {
        Dictionary<string, ulong> values = [];
        string[] wanted = [.. expressions.Distinct()];
        string[] macros = [.. wanted.Where(IsOfMacros)];
        foreach (string[] group in s_groups)
        {
            foreach ((string expression, ulong value) in await AskAsync(group, macros))
            {
                values.TryAdd(expression, value);
            }
        }

        // The preprocessor cannot tell whether there is an enumerator of a name; only the compiler can, by failing.
        foreach (string expression in wanted.Where(expression => !values.ContainsKey(expression)))
        {
            if (await AskAsync(expression) is { } value)
            {
                values[expression] = value;
            }
        }

        return values;
    }

    /// <summary>Size of the structure, then offset and size of each field; gcc's words when no header has it so.</summary>
    internal static async Task<(ulong[]? Layout, string Errors)> LayoutAsync(KernelStructure structure)
    {
        StringBuilder errors = new();
        foreach (string[] group in s_groups)
        {
            StringBuilder body = new($"printf(\"%zu\\n\", sizeof({structure.CName}));\n");
            foreach ((_, string field) in structure.Fields)
            {
                body.AppendLine(CultureInfo.InvariantCulture, $"printf(\"%zu\\n\", offsetof({structure.CName}, {field}));");
                body.AppendLine(CultureInfo.InvariantCulture, $"printf(\"%zu\\n\", sizeof((({structure.CName} *)0)->{field}));");
            }

            (string[]? output, string failure) = await CCompiler.RunAsync(Program(group, body.ToString()));
            if (output is not null)
            {
                return ([.. output.Select(line => ulong.Parse(line, CultureInfo.InvariantCulture))], "");
            }

            errors.AppendLine(failure);
        }

        return (null, errors.ToString());
    }

    private static bool IsOfMacros(string expression) => !expression.Contains("offsetof", StringComparison.Ordinal);

    private static async Task<IEnumerable<(string Expression, ulong Value)>> AskAsync(string[] group, string[] expressions)
    {
        StringBuilder body = new();
        for (int i = 0; i < expressions.Length; i++)
        {
            IEnumerable<string> names = expressions[i].Split([' ', '|'], StringSplitOptions.RemoveEmptyEntries).Where(word => !char.IsDigit(word[0]));
            string condition = string.Join(" && ", names.Select(name => $"defined({name})").Prepend("1"));
            body.AppendLine(CultureInfo.InvariantCulture, $"#if {condition}\n{Print(i, expressions[i])}\n#endif");
        }

        (string[]? output, string errors) = await CCompiler.RunAsync(Program(group, body.ToString()));
        return (output ?? throw new InvalidOperationException(errors))
            .Select(line => line.Split(' '))
            .Select(pair => (expressions[int.Parse(pair[0], CultureInfo.InvariantCulture)], ulong.Parse(pair[1], CultureInfo.InvariantCulture)));
    }

    private static async Task<ulong?> AskAsync(string expression)
    {
        foreach (string[] group in s_groups)
        {
            if ((await CCompiler.RunAsync(Program(group, Print(0, expression) + "\n"))).Output is [{ } line])
            {
                return ulong.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    private static string Print(int number, string expression) =>
        string.Create(CultureInfo.InvariantCulture, $"printf(\"{number} %llu\\n\", (unsigned long long)(long long)({expression}));");

    private static string Program(string[] group, string body) =>
        "#define _GNU_SOURCE\n" +
        string.Concat(group.Select(header => $"#if __has_include(<{header}>)\n#include <{header}>\n#endif\n")) +
        $"int main(void) {{\n{body}return 0;\n}}\n";
}
