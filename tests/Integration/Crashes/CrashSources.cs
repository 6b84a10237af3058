using System.Net.Sockets;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Crashes;

/// <summary>What is on the host while servers are killed: the rules, and what happens to the files that they name.</summary>
internal sealed class CrashSources : IAsyncDisposable
{
    /// <summary>The request that is made and taken back.</summary>
    internal const string RequestedTarget = "/requested/deep/file";

    private readonly TemporaryDirectory _host = new("crashes");
    private readonly VirtualConsole _console = new(54);

    internal CrashSources()
    {
        File.WriteAllText(this["steady"], "steady\n");
        File.WriteAllText(this["requested"], "requested");
        Rules =
        [
            new("/steady", this["steady"], ReadOnly: false),
            new("/deep/down/file", this["file"], ReadOnly: false),
            new("/deep/second", this["deep"], ReadOnly: false),
            new("/directory", this["directory"], ReadOnly: false),
            new("/directory/inner", this["second"], ReadOnly: false),
            new("/directory/made/here", this["third"], ReadOnly: false),
            new("/sockets/socket", this["socket"], ReadOnly: false),
            new("/read-only", this["read-only"], ReadOnly: true),
        ];
    }

    internal CrashRule[] Rules { get; }

    /// <summary>The device that is plugged in and out.</summary>
    internal VirtualConsole Device => _console;

    internal string this[string name] => _host[name];

    internal string FullPath => _host.FullPath;

    internal string Configuration(string container) => $$"""
        { "containerConfigs": { "{{container}}": { "_automount": { {{string.Join(", ", Rules.Select(InConfiguration))}} },
            "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}" }] } } }
        """;

    /// <summary>What happens, in order. At the end everything is as it was in the beginning.</summary>
    internal HistoryStep[] History =>
    [
        new("a device is plugged in", OnHost: _console.Plug),
        new("files come", OnHost: () =>
        {
            File.WriteAllText(this["file"], "first");
            File.WriteAllText(this["deep"], "deep");
        }),
        new("a directory comes, and what is mounted in it", OnHost: () =>
        {
            MakeDirectory("directory");
            File.WriteAllText(this["second"], "second");
            File.WriteAllText(this["third"], "third");
        }),
        new("a socket comes", OnHost: () => Listen("socket")),
        new("a read-only file comes", OnHost: () => File.WriteAllText(this["read-only"], "read-only")),
        new("a file is replaced", OnHost: () => ReplaceFile("file")),
        new("a socket is replaced", OnHost: () => Listen("socket")),
        new("a directory is replaced", OnHost: () =>
        {
            MakeDirectory("directory.new");
            Directory.Move(this["directory"], this["directory.old"]);
            Directory.Move(this["directory.new"], this["directory"]);
        }),
        new("what is mounted in a directory is replaced", OnHost: () => ReplaceFile("second")),
        new("a file is bound by request", Request: true),
        new("what is mounted in a directory goes", OnHost: () => File.Delete(this["second"])),
        new("a read-only file is replaced", OnHost: () => ReplaceFile("read-only")),
        new("a file goes and is another at once", OnHost: () =>
        {
            File.Delete(this["file"]);
            File.WriteAllText(this["file"], "again");
        }),
        new("the request is taken back", Request: false),
        new("a file goes", OnHost: () => File.Delete(this["file"])),
        new("all goes", OnHost: () =>
        {
            File.Delete(this["deep"]);
            File.Delete(this["third"]);
            Directory.Move(this["directory"], this["directory.gone"]);
            File.Delete(this["socket"]);
            File.Delete(this["read-only"]);
        }),
        new("a device is unplugged", OnHost: _console.Unplug),
    ];

    /// <summary>The directories that were mounted, with what the server has left in them: to be called once nobody uses them.</summary>
    internal string[] RemoveOldDirectories()
    {
        string[] left = [.. ((string[])["directory.old", "directory.gone"]).SelectMany(name =>
            Directory.GetFileSystemEntries(this[name], "*", SearchOption.AllDirectories).Where(path => path != this[name + "/inner"]))];
        Directory.Delete(this["directory.old"], recursive: true);
        Directory.Delete(this["directory.gone"], recursive: true);
        return left;
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(_console), CleanUp.Of(_host));

    private static string InConfiguration(CrashRule rule) =>
        $"\"{rule.Source}\": {{ \"target\": \"{rule.Target}\", \"readOnly\": {(rule.ReadOnly ? "true" : "false")} }}";

    private void MakeDirectory(string name)
    {
        Directory.CreateDirectory(this[name]);
        File.WriteAllText(this[name + "/inner"], "beneath");
    }

    private void ReplaceFile(string name)
    {
        File.WriteAllText(this[name + ".new"], "another");
        File.Move(this[name + ".new"], this[name], overwrite: true);
    }

    private void Listen(string name)
    {
        // Moved away before it is closed, since .NET would remove the file then.
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(this[name + ".new"]));
        File.Move(this[name + ".new"], this[name], overwrite: true);
    }
}

/// <summary>One rule of the configuration.</summary>
internal sealed record CrashRule(string Target, string Source, bool ReadOnly);

/// <summary>Something that happens while a server runs: one of the two.</summary>
/// <param name="What">In words.</param>
/// <param name="OnHost">To the files that rules name.</param>
/// <param name="Request">A binding is asked for, or the request is taken back.</param>
internal sealed record HistoryStep(string What, Action? OnHost = null, bool? Request = null);
