using System.Text.RegularExpressions;
using ContainerManager.Cli.Inside;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Desktop;

/// <summary>The applications that are installed in a container.</summary>
/// <param name="inside">Reads its files.</param>
internal sealed partial class ContainerApplications(InsideReader inside)
{
    /// <summary>In the order of the XDG Base Directory Specification: what comes first hides what comes later.</summary>
    private static readonly string[] s_bases = ["~/.local/share", "/var/lib/flatpak/exports/share", "/usr/local/share", "/usr/share"];

    private static readonly string[] s_entries = [.. s_bases.SelectMany(static data => (string[])[$"{data}/applications/*.desktop", $"{data}/applications/*/*.desktop"])];

    /// <summary>All that are shown in menus, once.</summary>
    internal async Task<IReadOnlyList<Application>> ReadAsync(CancellationToken cancellationToken)
    {
        List<FileContent> files = [];
        await inside.ReadAsync<FileContent>([ClientCommands.Read, .. s_entries], file => files.AddRange(file is null ? [] : [file]), cancellationToken);
        return From(files);
    }

    /// <summary>The same again whenever one has come, gone or changed, until the container ends.</summary>
    internal Task WatchAsync(Action<IReadOnlyList<Application>> changed, CancellationToken cancellationToken)
    {
        List<FileContent> files = [];
        return inside.ReadAsync<FileContent>([ClientCommands.Read, ClientCommands.Watch, .. s_entries], Take, cancellationToken);

        void Take(FileContent? file)
        {
            if (file is not null)
            {
                files.Add(file);
                return;
            }

            changed(From(files));
            files = [];
        }
    }

    /// <summary>The icons of applications, in all sizes.</summary>
    internal async Task<IReadOnlyList<IconFile>> ReadIconsAsync(IEnumerable<Application> applications, CancellationToken cancellationToken)
    {
        string[] icons = [.. applications.Select(static application => application.Entry.Icon).OfType<string>().Where(static icon => IconName().IsMatch(icon)).Distinct()];
        if (icons.Length == 0)
        {
            return [];
        }

        List<IconFile> found = [];
        await inside.ReadAsync<FileContent>([ClientCommands.Read, .. icons.SelectMany(PatternsOf)], Take, cancellationToken);
        return found;

        void Take(FileContent? file)
        {
            if (file is not null && Array.Find(icons, icon => icon == file.Path || icon == Path.GetFileNameWithoutExtension(file.Path)) is { } icon &&
                Path.GetExtension(file.Path) is ".png" or ".svg" or ".xpm")
            {
                Match themed = ThemedPath().Match(file.Path);
                found.Add(new IconFile(icon, themed.Success ? $"hicolor/{themed.Groups[1].Value}/apps" : "", Path.GetExtension(file.Path), file.Content));
            }
        }
    }

    private static IEnumerable<string> PatternsOf(string icon) => icon[0] == '/' ? [icon] : s_bases
        .SelectMany(data => (string[])[$"{data}/icons/hicolor/*/apps/{icon}.*"]).Append($"/usr/share/pixmaps/{icon}.*");

    private static Application[] From(List<FileContent> files) => [.. files
        .Select(static file => (Id: EntryPath().Match(file.Path), Entry: DesktopEntry.Parse(file.Content)))
        .Where(static found => found.Id.Success && found.Entry is not null)
        .Select(static found => new Application(found.Id.Groups[1].Value.Replace('/', '-'), found.Entry!))
        .DistinctBy(static application => application.Id)
        .Where(static application => application.Entry.IsShown)
        .OrderBy(static application => application.Id, StringComparer.Ordinal)];

    /// <summary>Its name outside is made of this.</summary>
    [GeneratedRegex("/applications/([A-Za-z0-9_.+][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_.+-]+)?)\\.desktop$")]
    private static partial Regex EntryPath();

    [GeneratedRegex("/icons/hicolor/([0-9]+x[0-9]+(?:@[0-9]+)?|scalable|symbolic)/apps/[^/]+$")]
    private static partial Regex ThemedPath();

    [GeneratedRegex("^(/[^*\\0]*/)?[A-Za-z0-9_.+][A-Za-z0-9_.+-]*$")]
    private static partial Regex IconName();
}

/// <summary>An application in a container.</summary>
/// <param name="Id">Its desktop file id (Desktop Entry Specification), without <c>.desktop</c>.</param>
/// <param name="Entry">Its desktop entry.</param>
internal sealed record Application(string Id, DesktopEntry Entry);

/// <summary>An icon in one size.</summary>
/// <param name="Icon">As the desktop entry names it.</param>
/// <param name="Directory">Where it belongs beneath <c>icons</c>; empty: directly there.</param>
/// <param name="Extension">With the dot.</param>
/// <param name="Content">The picture.</param>
internal sealed record IconFile(string Icon, string Directory, string Extension, byte[] Content);
