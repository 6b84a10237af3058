using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>
/// A program for inside: until a file appears, it swaps one name between a directory and symbolic links to places where nothing of
/// the server's may ever land.
/// </summary>
internal static class Swapper
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/stat.h>
        #include <unistd.h>
        #include <fcntl.h>
        int main(int argc, char **argv) {
            const char *prey = argv[1], *end = argv[2];
            const char *links[] = {"/", "/proc/self/root", "/proc/1/root", "../../../../../..", "/proc/self/cwd"};
            char side[256];
            snprintf(side, sizeof side, "%s.side", prey);
            mkdir(prey, 0755);
            for (unsigned i = 0; access(end, F_OK) != 0; i++) {
                unlink(side);
                symlink(links[i % 5], side);
                renameat2(AT_FDCWD, side, AT_FDCWD, prey, RENAME_EXCHANGE);
                for (volatile int spin = 0; spin < 20000; spin++) { }
                renameat2(AT_FDCWD, side, AT_FDCWD, prey, RENAME_EXCHANGE);
                for (volatile int spin = 0; spin < 20000; spin++) { }
            }
            return 0;
        }
        """;

    /// <summary>Compiles it, static, so that it runs in any root.</summary>
    internal static async Task<string> BuildAsync(TemporaryDirectory directory)
    {
        await File.WriteAllTextAsync(directory["swap.c"], Source, TestContext.Current.CancellationToken);
        (await Command.RunAsync("gcc", ["-O1", "-static", "-o", directory["swap"], directory["swap.c"]])).OutputOrThrow();
        return directory["swap"];
    }
}
