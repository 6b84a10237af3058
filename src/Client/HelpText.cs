namespace ContainerManager.Client;

/// <summary>What <c>--help</c> and <c>--version</c> print.</summary>
internal static class HelpText
{
    internal const string Whole = """
        Usage: client [VERB]

        The program of Container Manager that runs inside containers. Without a verb it serves the server that listens in /yacc,
        which is /yacc/NAME of the host: for containers that the server may not enter.

          init ...        be the first process of a light container; started by the server
          serve           run programs for the server, over standard input and output; started by the server
          enter ...       start that in a container's namespaces; started by the server
          start ...       the same, where it has a user namespace
          exec ...        become a program; started by 'client serve'
          probe PATH...   try what a program could do with each; started by 'client exec'
          read ...        print files; started by 'client exec'
          hold            hold new namespaces until standard input ends; started by the server
          --version       print the version
          -h, --help      show this text

        'client init --help' tells more.

        """;

    internal const string Init = """
        Usage: client init --name NAME {--root DIR | --host-usr} [OPTION]... -- COMMAND [ARGUMENT]...

        Sets up a light container and runs COMMAND in it. Must be process 1 of new mount, pid, uts, ipc and cgroup
        namespaces. The server starts it through unshare(1); try 'container-util spawn --help' for the way to start one.

          --name NAME          the container's name and host name
          --root DIR           DIR becomes the root
          --host-usr           a root of its own with the host's /usr, read-only
          --host-network       the network namespace is the host's
          --user-namespace     the user namespace is new; its ids are mapped before the go-ahead

        It writes 'born' to standard output and waits on standard input for the byte 'g'. Then 'running' or
        'failed REASON', and at the end 'ended STATUS' with the last 4 KiB of what COMMAND wrote.

        """;

    internal static string Version { get; } = $"client {typeof(HelpText).Assembly.GetName().Version?.ToString(3)}\n";
}
