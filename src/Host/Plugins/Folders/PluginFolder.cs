using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ContainerManager.Linux;

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
            Trusted(Real(parent), user);
            return Read(Real(Path.Combine(parent, name)), name, user);
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
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string real = Real(path);
            FileStatus status = Trusted(real, user);
            AppendText(hash, Path.GetRelativePath(folder, path));
            if (status.Identity.Kind != FileKind.Regular)
            {
                continue;
            }

            byte[] content = File.ReadAllBytes(real);
            AppendNumber(hash, content.Length);
            hash.AppendData(content);
            if (path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            {
                AssemblyImage.CheckWhole(Path.GetFileName(path), content);
            }

            image = path == assembly ? AssemblyImage.Read(name, content) : image;
        }

        return new PluginFolder(image is null ? null : assembly, Convert.ToHexString(hash.GetHashAndReset()), image);
    }

    private static FileStatus Trusted(string path, uint user)
    {
        FileStatus status = FileStatus.OfPath(path) ?? throw new FileNotFoundException($"{path} is gone");
        FileTrust.Check(path, status, user);
        return status;
    }

    private static string Real(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    private static void AppendText(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        AppendNumber(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AppendNumber(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
