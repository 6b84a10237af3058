using System.Text;

namespace ContainerManager.Cli.Desktop;

/// <summary>What is exported of one container to one user's desktop: entries and icons in the user's data directory.</summary>
/// <param name="user">Whose.</param>
/// <param name="container">The container's name.</param>
internal sealed class ExportFolder(InvokingUser user, string container)
{
    private const string Ours = "container-manager-";

    private string Applications => Path.Combine(user.DataDirectory, "applications");

    private string Icons => Path.Combine(user.DataDirectory, "icons");

    /// <summary>A hyphen is doubled: where the container's name ends can be told.</summary>
    private string Prefix => Ours + container.Replace("-", "--", StringComparison.Ordinal).Replace('/', '_') + "-";

    /// <summary>The applications that are exported.</summary>
    internal IReadOnlyList<string> Exported()
    {
        List<string> exported = [];
        user.Do(() => exported.AddRange(Entries().Select(static entry => entry.Application)));
        return exported;
    }

    /// <summary>Writes what is new or has changed.</summary>
    /// <param name="applications">The applications.</param>
    /// <param name="icons">Their icons.</param>
    /// <param name="entryOf">How one is started.</param>
    /// <returns>Those that could not be exported: their command lines are broken.</returns>
    internal IReadOnlyList<string> Write(IEnumerable<Application> applications, IReadOnlyCollection<IconFile> icons, Func<string, ExportedEntry> entryOf)
    {
        List<string> broken = [];
        user.Do(() =>
        {
            Directory.CreateDirectory(Applications);
            foreach (Application application in applications)
            {
                IconFile[] own = [.. icons.Where(icon => icon.Icon == application.Entry.Icon)];
                string icon = Prefix + Path.GetFileName(application.Entry.Icon);
                if (application.Entry.Export(entryOf(application.Id), own.Length > 0 ? icon : null) is { } text)
                {
                    Array.ForEach(own, one => WriteIcon(one, icon + one.Extension));
                    Replace(EntryPath(application.Id), Encoding.UTF8.GetBytes(text));
                }
                else
                {
                    broken.Add(application.Id);
                }
            }
        });
        return broken;
    }

    /// <summary>Removes entries, and the icons that no other needs.</summary>
    /// <param name="which">Whether one is removed.</param>
    /// <returns>Those that were removed.</returns>
    internal IReadOnlyList<string> Remove(Func<string, bool> which)
    {
        List<string> removed = [];
        user.Do(() =>
        {
            (string Application, string Path, string? Icon)[] entries = [.. Entries()];
            foreach ((string application, string path, _) in entries.Where(entry => which(entry.Application)))
            {
                File.Delete(path);
                removed.Add(application);
            }

            HashSet<string?> needed = [.. entries.Where(entry => !which(entry.Application)).Select(static entry => entry.Icon)];
            foreach (string? icon in entries.Where(entry => which(entry.Application)).Select(static entry => entry.Icon).Except(needed))
            {
                RemoveIcon(icon);
            }
        });
        return removed;
    }

    private string EntryPath(string application) => Path.Combine(Applications, $"{Prefix}{application}.desktop");

    private void WriteIcon(IconFile icon, string name)
    {
        string directory = Path.Combine(Icons, icon.Directory);
        Directory.CreateDirectory(directory);
        Replace(Path.Combine(directory, name), icon.Content);
    }

    private void RemoveIcon(string? name)
    {
        if (name is null || !name.StartsWith(Prefix, StringComparison.Ordinal) || !Directory.Exists(Icons))
        {
            return;
        }

        string themed = Path.Combine(Icons, "hicolor");
        IEnumerable<string> directories = Directory.Exists(themed) ? Directory.GetDirectories(themed).Select(static size => Path.Combine(size, "apps")) : [];
        foreach (string file in directories.Append(Icons).Where(Directory.Exists).SelectMany(directory => Directory.GetFiles(directory, name + ".*")))
        {
            File.Delete(file);
        }
    }

    /// <summary>In one step: a desktop that reads it meanwhile sees the old or the new. One that is the same stays: whoever watches it is not woken.</summary>
    private static void Replace(string path, byte[] content)
    {
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
        {
            return;
        }

        string draft = path + ".new";
        File.Delete(draft);
        File.WriteAllBytes(draft, content);
        File.Move(draft, path, overwrite: true);
    }

    private IEnumerable<(string Application, string Path, string? Icon)> Entries()
    {
        if (!Directory.Exists(Applications))
        {
            yield break;
        }

        foreach (string path in Directory.GetFiles(Applications, Ours + "*.desktop").Order(StringComparer.Ordinal))
        {
            if (DesktopEntry.Parse(File.ReadAllBytes(path)) is { Application: { } application } entry && entry.Container == container)
            {
                yield return (application, path, entry.Icon);
            }
        }
    }
}
