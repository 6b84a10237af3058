using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>
/// Keeps the input that is being read in a file, by way of the page cache: when it ends the process (a stack overflow) or is never done with, it is
/// the file <c>TARGET.last</c>, after its length in four bytes.
/// </summary>
internal sealed class LastInput : IDisposable
{
    private const int Room = 64 * 1024;

    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte[] _length = new byte[sizeof(int)];

    /// <param name="directory">Null: it is not kept.</param>
    /// <param name="target">Whose inputs they are.</param>
    internal LastInput(string? directory, string target)
    {
        if (directory is not null)
        {
            Directory.CreateDirectory(directory);
            _file = MemoryMappedFile.CreateFromFile(Path.Combine(directory, target + ".last"), FileMode.Create, null, Room);
            _view = _file.CreateViewAccessor();
        }
    }

    internal void Is(byte[] input)
    {
        if (_view is not null)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_length, input.Length);
            _view.WriteArray(0, _length, 0, _length.Length);
            _view.WriteArray(_length.Length, input, 0, Math.Min(input.Length, Room - _length.Length));
        }
    }

    public void Dispose()
    {
        _view?.Dispose();
        _file?.Dispose();
    }
}
