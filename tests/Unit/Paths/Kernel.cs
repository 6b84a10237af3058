using System.Runtime.InteropServices;

namespace ContainerManager.Tests.Unit.Paths;

/// <summary>The C library as an oracle, and where .NET does more than the bare call.</summary>
internal static class Kernel
{
    /// <summary>fnmatch.h: a leading period must be matched by a period.</summary>
    private const int FNM_PERIOD = 4;

    /// <summary>rename(2): .NET's moves look first, and refuse links to directories.</summary>
    internal static void Rename(string from, string to)
    {
        if (rename(from, to) != 0)
        {
            throw new IOException($"rename {from} {to}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    internal static bool Matches(string pattern, string name) => fnmatch(pattern, name, FNM_PERIOD) == 0;

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int rename([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fnmatch([MarshalAs(UnmanagedType.LPUTF8Str)] string pattern, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int flags);
}
