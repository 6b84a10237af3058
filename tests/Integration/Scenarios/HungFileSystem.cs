using System.Globalization;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>A FUSE whose server never answers: whoever looks into it waits. Ended by disposal: then those who wait get an error.</summary>
internal sealed class HungFileSystem : IDisposable
{
    private readonly FileStream _device;
    private readonly string _path;

    internal HungFileSystem(string path)
    {
        _path = path;
        Directory.CreateDirectory(path);
        _device = new FileStream("/dev/fuse", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        string fd = _device.SafeFileHandle.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
        Mount("none", path, "fuse", $"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other");
    }

    public void Dispose()
    {
        // The connection ends with its device: first, since unmounting could wait for an answer.
        _device.Dispose();
        Command.RunAsync("umount", ["-l", _path]).GetAwaiter().GetResult().OutputOrThrow();
    }

    private static unsafe void Mount(string source, string target, string type, string options)
    {
        fixed (byte* s = Bytes(source), t = Bytes(target), f = Bytes(type), o = Bytes(options))
        {
            Assert.True(Tmds.Linux.LibC.mount(s, t, f, 0, o) == 0, $"mount -t fuse: errno {Tmds.Linux.LibC.errno}; the kernel needs FUSE");
        }
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text + "\0");
}
