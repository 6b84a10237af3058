using System.Buffers;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Serve;

/// <summary>What a program is still to read; never more than the window, since credit is given back only for what was written to it.</summary>
/// <param name="handle">Its standard input, or our side of its terminal. Non-blocking.</param>
/// <param name="isTerminal">It is read as well, and stays open.</param>
/// <param name="ready">Tells when it takes more.</param>
/// <param name="written">Told how many bytes it took.</param>
internal sealed class ProgramInput(SafeFileHandle handle, bool isTerminal, Readiness ready, Action<int> written)
{
    private readonly Queue<(byte[] Rented, int Length)> _waiting = [];
    private int _size;
    private int _offset;
    private bool _ended;
    private bool _deaf;

    /// <summary>A terminal is waited for by whoever reads it: it has to be looked at for writing as well.</summary>
    internal bool WantsToWrite => _waiting.Count > 0;

    /// <exception cref="ProtocolException">More than there was credit for.</exception>
    internal void Add(ReadOnlySpan<byte> bytes)
    {
        if (_ended || bytes.Length > Frames.Window - _size || bytes.IsEmpty)
        {
            throw new ProtocolException("more input than there is credit for");
        }

        // What fits at once is not kept.
        int fits = _waiting.Count > 0 ? 0 : Math.Max(0, _deaf ? bytes.Length : Descriptor.WriteSome(handle, bytes));
        if (fits > 0)
        {
            written(fits);
        }

        if (fits < bytes.Length)
        {
            int rest = bytes.Length - fits;
            byte[] kept = ArrayPool<byte>.Shared.Rent(rest);
            bytes[fits..].CopyTo(kept);
            _waiting.Enqueue((kept, rest));
            _size += rest;
            Flush();
        }
    }

    /// <summary>Nothing more comes.</summary>
    internal void End()
    {
        _ended = true;
        Flush();
    }

    /// <summary>Writes what fits.</summary>
    internal void Flush()
    {
        while (_waiting.TryPeek(out (byte[] Rented, int Length) next))
        {
            int count = _deaf ? next.Length - _offset : Descriptor.WriteSome(handle, next.Rented.AsSpan(_offset, next.Length - _offset));
            if (count == -1)
            {
                break;
            }

            if (count == -2)
            {
                // It does not read any more, which is its own affair: the rest is for nobody.
                _deaf = true;
                continue;
            }

            (_offset, _size) = (_offset + count, _size - count);
            if (_offset == next.Length)
            {
                _waiting.Dequeue();
                ArrayPool<byte>.Shared.Return(next.Rented);
                _offset = 0;
            }

            written(count);
        }

        Settle();
    }

    internal void Close()
    {
        if (!isTerminal && !handle.IsClosed)
        {
            ready.Remove(handle);
            handle.Dispose();
        }
    }

    private void Settle()
    {
        if (isTerminal || handle.IsClosed)
        {
            return;
        }

        if (_waiting.Count > 0 && !ready.Has(handle))
        {
            ready.Add(handle, Readiness.Output, Flush);
        }
        else if (_waiting.Count == 0)
        {
            ready.Remove(handle);
            if (_ended)
            {
                handle.Dispose();
            }
        }
    }
}
