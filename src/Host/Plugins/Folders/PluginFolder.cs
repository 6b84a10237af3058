using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Plugins.Folders;

/// <summary>What is in a plugin's folder at one moment, free of symbolic links.</summary>
/// <param name="Assembly">The file <c>NAME.dll</c>; null: it is not there.</param>
/// <param name="Fingerprint">Names and contents of all files: another one means another plugin.</param>
/// <param name="Image">What the assembly says of itself.</param>
internal sealed record PluginFolder(string? Assembly, string Fingerprint, AssemblyImage? Image)
{
    /// <summary>Looks at everything in a folder and refuses what must not be loaded. Null: there is no such folder.</summary>
    /// <param name="parent">The directory of the plugins.</param>
    /// <param name="name">The plugin's.</param>
    /// <param name="user">Who must own it all.</param>
    /// <exception cref="PluginException">It may not be loaded, or is not whole yet.</exception>
    internal static PluginFolder? Look(string parent, string name, uint user)
    {
        if (!Directory.Exists(Path.Combine(parent, name)))
        {
            return null;
        }

        try
        {
            string directory = RealDirectory(parent), folder = RealDirectory(Path.Combine(parent, name));
            FileTrust.CheckWayTo(directory, user);
            FileTrust.CheckWayTo(folder, user);
            Trusted(directory, user);
            return Read(folder, name, user);
        }
        catch (UnauthorizedAccessException unreadable)
        {
            throw new PluginException(PluginState.Refused, $"its files cannot be read: {unreadable.Message}");
        }
        catch (IOException changing)
        {
            throw new PluginException(PluginState.Incomplete, $"its files are changing ({changing.Message}); waiting for the next change");
        }
    }

    private static PluginFolder Read(string folder, string name, uint user)
    {
        string assembly = Path.Combine(folder, name + ".dll");
        AssemblyImage? image = null;
        Trusted(folder, user);

        // Only the server's own user writes here (FileTrust), so nobody looks for two contents with one hash; a hash against that would load OpenSSL.
        XxHash128 hash = new();
        foreach (string path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string real = Real(path);
            if (real != path)
            {
                FileTrust.CheckWayTo(real, user);
            }

            FileStatus status = Trusted(real, user);
            AppendText(hash, Path.GetRelativePath(folder, path));
            if (status.Identity.Kind != FileKind.Regular)
            {
                continue;
            }

            byte[] content = File.ReadAllBytes(real);
            AppendNumber(hash, content.Length);
            hash.Append(content);
            if (path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            {
                AssemblyImage.CheckWhole(Path.GetFileName(path), content);
            }

            image = path == assembly ? AssemblyImage.Read(name, content) : image;
        }

        return new PluginFolder(image is null ? null : assembly, Convert.ToHexString(hash.GetCurrentHash()), image);
    }

    private static FileStatus Trusted(string path, uint user)
    {
        FileStatus status = FileStatus.OfPath(path) ?? throw new FileNotFoundException($"{path} is gone");
        FileTrust.Check(path, status, user);
        return status;
    }

    /// <summary>What the kernel calls it, whatever links led there: it is checked, and loaded from, by that name.</summary>
    private static string RealDirectory(string path)
    {
        using SafeFileHandle directory = OwnDirectory.Open(path);
        return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory.DangerousGetHandle()}")).LinkTarget!;
    }

    private static string Real(string path)
    {
        string? target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName;
        return target is null ? path : Path.Combine(RealDirectory(Path.GetDirectoryName(target)!), Path.GetFileName(target));
    }

    private static void AppendText(XxHash128 hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        AppendNumber(hash, bytes.Length);
        hash.Append(bytes);
    }

    private static void AppendNumber(XxHash128 hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.Append(bytes);
    }
}
