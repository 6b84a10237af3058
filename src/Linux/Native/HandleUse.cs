using System.Runtime.InteropServices;

namespace ContainerManager.Linux.Native;

/// <summary>Keeps a handle from being closed while its bare descriptor is in use.</summary>
internal readonly ref struct HandleUse
{
    private readonly SafeHandle _handle;

    internal HandleUse(SafeHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
    }

    internal int Descriptor => (int)_handle.DangerousGetHandle();

    public void Dispose() => _handle.DangerousRelease();
}
