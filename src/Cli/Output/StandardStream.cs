using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Cli.Output;

/// <summary>Standard output and error.</summary>
internal static class StandardStream
{
    /// <summary>Writes all of it at once.</summary>
    /// <exception cref="Failure">Nobody reads it any more, or the disk is full.</exception>
    internal static void WriteOutput(byte[] text)
    {
        try
        {
            using Stream stream = OpenOutput();
            stream.Write(text);
        }
        catch (IOException exception)
        {
            throw new Failure(ExitCode.Failed, $"cannot write: {exception.Message}");
        }
    }

    /// <summary>Writes all of it at once, if anybody reads it.</summary>
    internal static void WriteError(byte[] text)
    {
        using Stream stream = Console.OpenStandardError();
        stream.Write(text);
    }

    /// <summary>
    /// The console's stream takes EPIPE for success: <c>events --follow | head -1</c> would never end. A FileStream reports it; but for a
    /// file it would write at a position of its own, over what another writer of the same file has put there.
    /// </summary>
    private static Stream OpenOutput()
    {
        try
        {
            FileStream stream = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? Console.OpenStandardOutput() : stream;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Console.OpenStandardOutput(); // Closed by whoever started us: there is nobody to tell.
        }
    }
}
