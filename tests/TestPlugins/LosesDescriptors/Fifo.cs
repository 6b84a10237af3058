using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using ContainerManager.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.TestPlugins;

/// <summary>
/// A FIFO in the state directory. Who writes <c>own</c> into it has its own descriptor closed; <c>other</c>, that of the other source, which
/// does not notice. A file called <c>NAME.done</c> says when that was done.
/// </summary>
internal sealed class Fifo : IDisposable
{
    private static readonly Dictionary<string, FileStream> s_streams = [];
    private readonly string _path;
    private readonly string _name;
    private readonly FileStream _stream;

    internal Fifo(IPluginHost host, string name)
    {
        (_name, _path) = (name, Path.Combine(host.StateDirectory, name));
        if (!File.Exists(_path))
        {
            using Process make = Process.Start("mkfifo", _path);
            make.WaitForExit();
        }

        // For writing as well: it never comes to its end, and opening it does not wait for anybody.
        _stream = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        s_streams[name] = _stream;
        Handle = new SafeFileHandle(_stream.SafeFileHandle.DangerousGetHandle(), ownsHandle: false);
    }

    internal SafeHandle Handle { get; }

    internal void Drain()
    {
        byte[] buffer = new byte[64];
        string word = Encoding.UTF8.GetString(buffer, 0, _stream.Read(buffer)).Trim();
        if (word == "own")
        {
            Dispose();
        }
        else if (word == "other")
        {
            s_streams.Single(stream => stream.Key != _name).Value.Dispose();
        }

        File.WriteAllText(_path + ".done", "");
    }

    public void Dispose()
    {
        Handle.Dispose();
        _stream.Dispose();
    }
}
