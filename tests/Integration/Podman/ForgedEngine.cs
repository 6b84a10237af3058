using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Podman;

/// <summary>
/// What a hostile user can put at the place of the engine: a service of that user which says that a process of the test's choice is its
/// running container. In C, so that it runs as the user without anything of ours.
/// </summary>
internal sealed class ForgedEngine : IAsyncDisposable
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <signal.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        #include <unistd.h>
        static void answer(int c, const char *body) {
            dprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
        }
        int main(int argc, char **argv) {
            struct sockaddr_un a = {.sun_family = AF_UNIX};
            strncpy(a.sun_path, argv[1], sizeof a.sun_path - 1);
            unlink(argv[1]);
            int s = socket(AF_UNIX, SOCK_STREAM, 0);
            if (bind(s, (void *)&a, sizeof a) || listen(s, 16)) { perror("listen"); return 1; }
            signal(SIGCHLD, SIG_IGN);
            for (;;) {
                int c = accept(s, 0, 0);
                if (fork() == 0) {
                    char request[8192];
                    ssize_t n = read(c, request, sizeof request - 1);
                    request[n < 0 ? 0 : n] = 0;
                    if (strstr(request, "/events")) {
                        dprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
                        pause();
                    } else if (strstr(request, "/containers/json")) answer(c, argv[2]);
                    else if (strstr(request, "/containers/bad")) answer(c, "{ no answer");
                    else answer(c, argv[3]);
                    return 0;
                }
                close(c);
            }
        }
        """;

    /// <summary>A container that it lists and has no good answer for.</summary>
    internal const string Unreadable = "bad456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0";

    private readonly BackgroundProcess _process;

    private ForgedEngine(BackgroundProcess process) => _process = process;

    /// <summary>Starts it at the user's usual place.</summary>
    /// <param name="engine">Whose user; its service must not run.</param>
    /// <param name="directory">For the program.</param>
    /// <param name="id">The container's id.</param>
    /// <param name="name">The container's name.</param>
    /// <param name="processId">Its process.</param>
    internal static async Task<ForgedEngine> StartAsync(PodmanEngine engine, TemporaryDirectory directory, string id, string name, int processId)
    {
        await File.WriteAllTextAsync(directory["forged.c"], Source, TestContext.Current.CancellationToken);
        (await Command.RunAsync("gcc", ["-O1", "-o", directory["forged"], directory["forged.c"]])).OutputOrThrow();
        string list = $$"""[{"Id":"{{Unreadable}}","Names":["/unreadable"],"State":"running"},{"Id":"{{id}}","Names":["/{{name}}"],"State":"running"}]""";
        string inspect = $$$"""{"Id":"{{{id}}}","Name":"/{{{name}}}","State":{"Status":"running","Running":true,"Pid":{{{processId}}}},"Config":{"Hostname":"x"}}""";
        string[] command = [.. engine.User!.Command, directory["forged"], engine.SocketPath, list, inspect];
        File.Delete(engine.SocketPath);
        BackgroundProcess process = new(directory["log"], command[0], command[1..]);
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        await FileArrival.WaitAsync(engine.SocketPath, deadline.Token);
        return new ForgedEngine(process);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
