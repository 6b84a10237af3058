namespace ContainerManager.Protocol;

/// <summary>What the client itself can be run for, by a run like any other: it looks at the container from inside, as the user that the run is for.</summary>
public static class ClientCommands
{
    /// <summary>The program of such a run: the client is what becomes the program.</summary>
    public const string Program = "/proc/self/exe";

    /// <summary><c>client probe PATH…</c>: tries what a program could do with each, and writes a <see cref="ProbeResult"/> for it.</summary>
    public const string Probe = "probe";

    /// <summary>
    /// <c>client read [--watch] PATTERN…</c>: writes a <see cref="FileContent"/> for each file that a pattern means, and the end of the list; with
    /// <c>--watch</c> all of them again whenever one has changed. A pattern is an absolute path, or begins with <c>~/</c>; <c>*</c> in a component
    /// means any characters.
    /// </summary>
    public const string Read = "read";

    /// <summary>Has <see cref="Read"/> go on.</summary>
    public const string Watch = "--watch";

    /// <summary>The largest file that is read; larger ones are left out. Bytes.</summary>
    public const int LargestFile = 2 * 1024 * 1024;
}
