using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>Reads requests from a FIFO, one a line: <c>bind CONTAINER SOURCE TARGET</c>, <c>unbind CONTAINER TARGET</c>.</summary>
public sealed class FifoSource : IEventSource
{
    private readonly FileStream _fifo;
    private bool _failed;

    /// <summary>Makes the FIFO that the settings name.</summary>
    public FifoSource(IPluginHost host)
    {
        string path = host.Settings?.GetProperty("path").GetString() ?? Path.Combine(host.StateDirectory, "requests");
        if (!File.Exists(path))
        {
            using Process make = Process.Start("mkfifo", path);
            make.WaitForExit();
        }

        // For writing as well: it never comes to its end, and opening it does not wait for anybody.
        _fifo = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }

    /// <inheritdoc/>
    public string Name => "fifo";

    /// <inheritdoc/>
    public SafeHandle Handle => _fifo.SafeFileHandle;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Readable;

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
        byte[] buffer = new byte[4096];
        int length = _fifo.Read(buffer);
        foreach (string line in Encoding.UTF8.GetString(buffer, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            sink.Post(line.Split(' ') switch
            {
                ["bind", var container, var source, var target] => new SourceEvent.BindRequested(container, source, target, MountOptions.Default),
                ["unbind", var container, var target] => new SourceEvent.UnbindRequested(container, target),
                _ => throw NoRequest(line),
            });
        }
    }

    private FormatException NoRequest(string line)
    {
        _failed = true;
        return new FormatException($"not a request: {line}");
    }

    /// <inheritdoc/>
    /// <remarks>After a failure this one fails, too.</remarks>
    public void Dispose()
    {
        _fifo.Dispose();
        if (_failed)
        {
            throw new InvalidOperationException("nor can it be closed");
        }
    }
}
