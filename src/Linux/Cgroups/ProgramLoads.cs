using System.Globalization;
using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Linux;

/// <summary>
/// Tells when anybody loads or unloads a BPF program on one processor (perf_event_open(2), bpf_event; Linux 5.1). There is no event for the
/// attachment of a program; but whoever attaches one has loaded it before.
/// </summary>
public sealed unsafe class ProgramLoads : IDisposable
{
    // linux/perf_event.h: offsets in the first page of the ring, and bits of struct perf_event_attr.
    private const int HeadOffset = 1024, TailOffset = 1032;
    private const ulong WatermarkBit = 1ul << 14, ProgramEventBit = 1ul << 30;
    private const uint SoftwareType = 1, DummyEvent = 9, CloseOnExec = 8;
    private const int AttributesLength = 128;

    private readonly byte* _ring;
    private readonly nuint _length;

    /// <summary>Begins to listen.</summary>
    /// <param name="processor">Which one, from 0.</param>
    /// <exception cref="KernelException">ENOSYS, EINVAL: the kernel has no such events. EACCES, EPERM: CAP_PERFMON is missing. ENODEV: there is no such processor.</exception>
    public ProgramLoads(int processor)
    {
        ulong* attributes = stackalloc ulong[AttributesLength / sizeof(ulong)];
        new Span<ulong>(attributes, AttributesLength / sizeof(ulong)).Clear();
        attributes[0] = SoftwareType | ((ulong)AttributesLength << 32);
        attributes[1] = DummyEvent;
        attributes[5] = WatermarkBit | ProgramEventBit;
        attributes[6] = 1; // wakeup_watermark: at once
        int fd = Libc.perf_event_open(attributes, -1, processor, -1, CloseOnExec);
        Handle = fd >= 0
            ? new SafeFileHandle(fd, ownsHandle: true)
            : throw KernelException.Last("perf_event_open(bpf_event)", string.Create(CultureInfo.InvariantCulture, $"processor {processor}"));
        _length = (nuint)(2 * Environment.SystemPageSize);
        _ring = (byte*)Libc.mmap(null, _length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, Handle, 0);
        if (_ring == Libc.MAP_FAILED)
        {
            int errno = Marshal.GetLastPInvokeError();
            Handle.Dispose();
            throw new KernelException("mmap", "perf ring", errno);
        }
    }

    /// <summary>The descriptor; readable when there was an event.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Takes note of what there was, so that the next wakes again.</summary>
    public void Drain() => Volatile.Write(ref *(ulong*)(_ring + TailOffset), Volatile.Read(ref *(ulong*)(_ring + HeadOffset)));

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Libc.munmap(_ring, _length);
        Handle.Dispose();
    }
}
