using System.Diagnostics;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>
/// Starts first processes. The two talk over standard input and output: the process says <c>born</c>, is written down, gets its ids mapped
/// and the byte <c>g</c>, makes the container, says <c>ready</c>, gets another <c>g</c>, and says <c>running</c>; or <c>failed REASON</c> instead of any. One that gets
/// no <c>g</c> ends by itself: a server that dies in between leaves none that it does not know of.
/// </summary>
internal sealed class InitLauncher(IPluginHost host, RecordStore records, PrivateClient client)
{
    private static readonly byte[] Go = "g"u8.ToArray();

    /// <param name="request">What to start.</param>
    /// <param name="hold">Called when the container is there; its command is not executed before that has completed. The process is the callee's to dispose from then on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The process; its command has been exec'ed.</returns>
    /// <exception cref="IOException">It could not be started. Nothing of it is left.</exception>
    internal async Task<RunningInit> LaunchAsync(LaunchRequest request, Func<RunningInit, Task> hold, CancellationToken cancellationToken)
    {
        string program;
        lock (client)
        {
            program = client.Prepare();
        }

        Process wrapper = Start(request, program);
        RunningInit? init = null;
        bool held = false;
        try
        {
            await using CancellationTokenRegistration abort = cancellationToken.Register(() => Abort(wrapper, Volatile.Read(ref init)));
            await ExpectAsync("born", wrapper, request);
            Volatile.Write(ref init, Identify(wrapper));
            if (request.UserNamespace)
            {
                ProcFiles.MapIds(init!.Identity.ProcessId, SubordinateIds.OfHost());
            }

            records.Write(new ContainerRecord(request, init!.Identity));
            cancellationToken.ThrowIfCancellationRequested();
            await SayGoAsync(wrapper);
            await ExpectAsync("ready", wrapper, request);
            held = true;
            await hold(init);
            cancellationToken.ThrowIfCancellationRequested();
            await SayGoAsync(wrapper);
            CloseInput(wrapper);
            await ExpectAsync("running", wrapper, request);

            // From here on nobody kills it; if somebody has, it has said so for nothing.
            await abort.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            wrapper.StandardError.Close();
            return init;
        }
        catch
        {
            Abort(wrapper, init);
            await wrapper.WaitForExitAsync(CancellationToken.None);
            if (init is null)
            {
                RunningInit.Release(wrapper);
            }
            else if (!held)
            {
                init.Dispose();
            }

            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    private static Process Start(LaunchRequest request, string program)
    {
        try
        {
            return Process.Start(LaunchCommand.For(request, program))!;
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new IOException($"setsid cannot be started (package util-linux): {failure.Message}", failure);
        }
    }

    private RunningInit Identify(Process wrapper)
    {
        int processId = ProcFiles.OnlyChildOf(wrapper.Id);
        ProcessIdentity identity = ProcFiles.IdentityOf(processId) ?? throw new IOException("the container's first process is gone");
        return RunningInit.Open(host, identity, wrapper);
    }

    /// <summary>
    /// A reader blocked on the pipes cannot be cancelled, but what it waits for can be ended: a process that is known is killed, one that
    /// is not yet reads the end of its input. The wrapper ends after it, and never before: it is what tells us that nothing is left.
    /// </summary>
    private static void Abort(Process wrapper, RunningInit? init)
    {
        init?.Kill();
        CloseInput(wrapper);
    }

    /// <summary>Past the writer, which would write to a pipe that is broken by then.</summary>
    private static void CloseInput(Process wrapper) => wrapper.StandardInput.BaseStream.Dispose();

    /// <summary>One that has ended meanwhile is found out by what it says, or does not say.</summary>
    private static async Task SayGoAsync(Process wrapper)
    {
        try
        {
            await wrapper.StandardInput.BaseStream.WriteAsync(Go);
        }
        catch (IOException)
        {
            // EPIPE
        }
    }

    private static async Task ExpectAsync(string word, Process wrapper, LaunchRequest request)
    {
        string? line = await wrapper.StandardOutput.ReadLineAsync(CancellationToken.None);
        if (line == word)
        {
            return;
        }

        if (line?.StartsWith("failed ", StringComparison.Ordinal) == true)
        {
            throw new IOException(line["failed ".Length..] + HintFor(request));
        }

        const string Silent = "the container's first process ended without a word";
        string error = (await wrapper.StandardError.ReadToEndAsync(CancellationToken.None)).Trim();

        // Before it is born, unshare(1) says why it never will be; afterwards, what it makes of the end of its child.
        throw new IOException(error.Length == 0 ? Silent : word == "born" ? error : $"{Silent} ({error})");
    }

    /// <summary>Most that goes wrong with a given root in a user namespace is one thing.</summary>
    private static string HintFor(LaunchRequest request) => request is { UserNamespace: true, Root: { } root } && SubordinateIds.OfHost() is var ids
        ? $" (with a user namespace, {root} must belong to its root outside: chown -R {ids.FirstUser}:{ids.FirstGroup} {root})"
        : "";
}
