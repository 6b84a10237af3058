using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>A FUSE with an empty root that answers until <see cref="Stall"/>: from then on whoever asks waits, until disposal.</summary>
/// <remarks>Messages as in linux/fuse.h.</remarks>
internal sealed class StallingFileSystem : IDisposable
{
    private const int InHeader = 40, OutHeader = 16, Getattr = 3, Init = 26, Forget = 2, Interrupt = 36, BatchForget = 42, ENOSYS = 38;

    private readonly FileStream _device = new("/dev/fuse", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    private readonly string _path;
    private readonly Thread _answering;
    private volatile bool _stalled;

    internal StallingFileSystem(string path)
    {
        _path = path;
        Directory.CreateDirectory(path);
        string options = string.Create(CultureInfo.InvariantCulture, $"fd={_device.SafeFileHandle.DangerousGetHandle()},rootmode=40000,user_id=0,group_id=0,allow_other");
        Mount(path, options);
        _answering = new Thread(Answer) { IsBackground = true, Name = "fuse" };
        _answering.Start();
    }

    /// <summary>What is asked from now on gets no answer.</summary>
    internal void Stall() => _stalled = true;

    public void Dispose()
    {
        // By force, which ends the connection, whoever else has it mounted: with it the thread, and all who wait.
        Command.RunAsync("umount", ["--force", "--lazy", _path]).GetAwaiter().GetResult().OutputOrThrow();
        _answering.Join();
        _device.Dispose();
    }

    private void Answer()
    {
        byte[] question = new byte[1 << 17];
        try
        {
            while (true)
            {
                int length = _device.Read(question);
                int operation = BinaryPrimitives.ReadInt32LittleEndian(question.AsSpan(4));
                if (length >= InHeader && !_stalled && operation is not (Forget or Interrupt or BatchForget))
                {
                    _device.Write(To(operation, question.AsSpan(8, 8)));
                }
            }
        }
        catch (IOException)
        {
            // The connection has ended.
        }
    }

    private static byte[] To(int operation, ReadOnlySpan<byte> unique)
    {
        byte[] answer = new byte[OutHeader + operation switch { Init => 64, Getattr => 104, _ => 0 }];
        BinaryPrimitives.WriteInt32LittleEndian(answer, answer.Length);
        unique.CopyTo(answer.AsSpan(8));
        switch (operation)
        {
            case Init:
                BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(OutHeader), 7);
                BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(OutHeader + 4), 31);
                BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(OutHeader + 20), 4096);
                break;
            case Getattr:
                // Inode 1, a directory of mode 0755 with two links, valid for no time.
                BinaryPrimitives.WriteInt64LittleEndian(answer.AsSpan(OutHeader + 16), 1);
                BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(OutHeader + 16 + 60), 0x41ED);
                BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(OutHeader + 16 + 64), 2);
                break;
            default:
                BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(4), -ENOSYS);
                break;
        }

        return answer;
    }

    private static unsafe void Mount(string path, string options)
    {
        fixed (byte* none = "none\0"u8, target = Encoding.UTF8.GetBytes(path + "\0"), type = "fuse\0"u8, data = Encoding.UTF8.GetBytes(options + "\0"))
        {
            Assert.True(Tmds.Linux.LibC.mount(none, target, type, 0, data) == 0, $"mount -t fuse: errno {Tmds.Linux.LibC.errno}; the kernel needs FUSE");
        }
    }
}
