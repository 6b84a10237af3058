using System.Runtime.InteropServices;

namespace ContainerManager.Linux.Native;

/// <summary>The modes of terminals (termios(3)).</summary>
internal static unsafe partial class Libc
{
    internal const int TCSADRAIN = 1;

    /// <summary>The attributes are struct termios, of <see cref="OpaqueSize"/> bytes at most.</summary>
    [LibraryImport(Name, SetLastError = true)]
    internal static partial int tcgetattr(SafeHandle fd, byte* attributes);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int tcsetattr(SafeHandle fd, int when, byte* attributes);

    [LibraryImport(Name)]
    internal static partial void cfmakeraw(byte* attributes);
}
