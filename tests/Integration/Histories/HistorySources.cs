using System.Globalization;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Histories;

/// <summary>The files on the host that the rules of a history name, and what is done to them.</summary>
internal sealed class HistorySources : IDisposable
{
    private readonly TemporaryDirectory _host = new("history");
    private int _made;

    internal HistorySources()
    {
        foreach (string directory in (string[])["watched", "over", "old"])
        {
            Directory.CreateDirectory(this[directory]);
        }

        File.WriteAllText(this["over/file"], "beneath");
        for (int i = 0; i < 3; i++)
        {
            File.WriteAllText(this[$"requested-{i}"], "requested");
        }
    }

    internal string this[string name] => _host[name];

    internal string FullPath => _host.FullPath;

    private bool IsMountedOver { get; set; }

    /// <summary>By rename, as editors and daemons do.</summary>
    internal void Put(string name)
    {
        string draft = this[string.Create(CultureInfo.InvariantCulture, $"old/{++_made}")];
        File.WriteAllText(draft, "x");
        File.Move(draft, this[name], overwrite: true);
    }

    internal void Delete(string name) => File.Delete(this[name]);

    /// <summary>One that is there already is moved away, as it is.</summary>
    internal void MakeDirectory(string name)
    {
        string draft = this[string.Create(CultureInfo.InvariantCulture, $"old/{++_made}")];
        Directory.CreateDirectory(draft);
        File.WriteAllText(Path.Combine(draft, "inner"), "beneath");
        DropDirectory(name);
        Directory.Move(draft, this[name]);
    }

    internal void DropDirectory(string name)
    {
        if (Directory.Exists(this[name]))
        {
            Directory.Move(this[name], this[string.Create(CultureInfo.InvariantCulture, $"old/{++_made}")]);
        }
    }

    /// <summary>A file system comes over a directory: another file is at the same path from then on.</summary>
    internal async Task MountOverAsync(bool wanted)
    {
        if (wanted == IsMountedOver)
        {
            return;
        }

        (await (wanted ? Command.RunAsync("mount", ["-t", "tmpfs", "none", this["over"]]) : Command.RunAsync("umount", ["--lazy", this["over"]]))).OutputOrThrow();
        IsMountedOver = wanted;
        if (wanted)
        {
            File.WriteAllText(this["over/file"], "above");
        }
    }

    /// <summary>Nothing of what comes and goes is there any more.</summary>
    internal async Task ClearAsync()
    {
        for (int i = 0; i < 4; i++)
        {
            Delete($"file-{i}");
            Delete($"watched/{i}");
        }

        Delete("inner");
        DropDirectory("directory");
        await MountOverAsync(false);
    }

    public void Dispose() => _host.Dispose();
}
