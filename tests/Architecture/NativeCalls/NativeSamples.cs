using System.Runtime.InteropServices;

namespace ContainerManager.Tests.Architecture.NativeCalls;

#pragma warning disable SYSLIB1054, CA5392, CA2101, IDE1006 // Only looked at, never run.
internal static unsafe class NativeSamples
{
    [DllImport("libc")]
    internal static extern int getpid();

    internal static int Pointer(nint function) => ((delegate* unmanaged<int>)function)();

    internal static nint Load() => NativeLibrary.Load("libc");

    internal static int LibC() => Tmds.Linux.LibC.getppid();

    internal static int Constant() => Tmds.Linux.LibC.ENOENT;
}
#pragma warning restore SYSLIB1054, CA5392, CA2101, IDE1006
