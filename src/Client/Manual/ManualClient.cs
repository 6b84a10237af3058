using ContainerManager.Client.Serve;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;
using static ContainerManager.Linux.InotifyMask;

namespace ContainerManager.Client.Manual;

/// <summary>
/// <c>client</c>, started by hand in a container that has <c>/yacc/NAME</c> of the host as <c>/yacc</c>: serves whichever server listens there, until it is
/// ended. It needs no configuration: the server says what is to be mounted.
/// </summary>
internal static class ManualClient
{
    /// <summary>Not at once, for a server that ends each connection.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    private static string SocketPath => Path.Combine(ClientSocket.Directory, ClientSocket.Name);

    internal static int Run()
    {
        if (!Directory.Exists(ClientSocket.Directory))
        {
            Say($"there is no {ClientSocket.Directory}: give the container {ClientSocket.Directory}/NAME of the host as {ClientSocket.Directory}, as a slave (docker run -v {ClientSocket.Directory}/NAME:{ClientSocket.Directory}:rslave)");
            return 1;
        }

        try
        {
            using Inotify arrivals = new();
            arrivals.AddWatch(ClientSocket.Directory, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
            while (true)
            {
                if (TryServe())
                {
                    // The server may have ended the connection alone, and listen still: who did not answer for a while was given up.
                    Thread.Sleep(s_again);
                }
                else
                {
                    WaitForArrival(arrivals);
                }
            }
        }
        catch (KernelException failure)
        {
            Say(failure.Message);
            return 1;
        }
    }

    /// <summary>Serves until the connection ends; false: nobody listens.</summary>
    private static bool TryServe()
    {
        using SafeFileHandle? server = UnixStream.TryConnect(SocketPath, out KernelException? refused);
        if (server is null)
        {
            Say($"waiting for the server at {SocketPath}: {refused!.Message}");
            return false;
        }

        using InsideMounts mounts = new(ClientSocket.Directory);
        string over = ServeLoop.Serve(server, mounts, name => Say($"serving {name}"));
        Say(over);
        return true;
    }

    private static void WaitForArrival(Inotify arrivals)
    {
        using Epoll epoll = new();
        epoll.Add(arrivals.Handle, Readiness.Input, 1);
        List<InotifyRecord> records = [];
        do
        {
            _ = epoll.Wait();
            _ = arrivals.Read(records);
        }
        while (!records.Exists(record => record.Name == ClientSocket.Name));
    }

    private static void Say(string text) => Descriptor.Write(Descriptor.StandardError, $"client: {text}\n");
}
