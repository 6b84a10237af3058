using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Linux;

/// <summary>
/// A small file that nobody reads before its writer has ended. Written over in place, since to put a new file in the place of an old one makes ext4 write it to
/// the disk at once (ext4(5), auto_da_alloc), which takes a hundred times as long.
/// </summary>
/// <remarks>The kernel copies what lies in one page in one step: a writer that is killed leaves the old or the new, or an empty
/// file where there was none. Of a machine that loses its power that is not true.</remarks>
public static class OwnRecord
{
    /// <summary>Writes the file, which is made if it is missing. One that was longer is filled up with line feeds.</summary>
    /// <param name="path">Where.</param>
    /// <param name="content">Its text.</param>
    /// <param name="draft">A path in the same file system: what is longer than a page is written there first.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, string draft)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        int length = (int)Math.Max(RandomAccess.GetLength(file), content.Length);
        if (length > Environment.SystemPageSize)
        {
            File.WriteAllBytes(draft, content);
            File.Move(draft, path, overwrite: true);
            return;
        }

        byte[] filled = new byte[length];
        content.CopyTo(filled);
        filled.AsSpan(content.Length).Fill((byte)'\n');
        RandomAccess.Write(file, filled, 0);
    }
}
