using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json;
using ContainerManager.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>
/// Stands in for the core where only discovery is under test: <see cref="OpenProcess"/> opens files of the process, not what a
/// container is entered by.
/// </summary>
internal sealed class TestPluginHost(string? settings = null) : IPluginHost
{
    public JsonElement? Settings { get; } = settings is null ? null : JsonElement.Parse(settings);

    public string StateDirectory => throw new NotSupportedException();

    public string ClientPath => throw new NotSupportedException();

    /// <summary>The entries handed out, to see whether they were disposed.</summary>
    internal List<ContainerEntry> Opened { get; } = [];

    public ContainerEntry OpenProcess(int processId)
    {
        IdMap identity = new([new IdMapRange(0, 0, uint.MaxValue)]);
        ContainerEntry entry = new()
        {
            Process = Open("stat"),
            MountNamespace = Open("ns/mnt"),
            Root = Open("mountinfo"),
            UserIds = identity,
            GroupIds = identity,
            Cgroups = FrozenDictionary<string, string>.Empty,
        };
        Opened.Add(entry);
        return entry;

        SafeFileHandle Open(string file) => File.OpenHandle($"/proc/{processId}/{file}", share: FileShare.ReadWrite);
    }

    public Task WhenExitedAsync(SafeHandle process, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Signal(SafeHandle process, int signal) => throw new NotSupportedException();

    public Task WhenServedAsync(ContainerId container, CancellationToken cancellationToken) => throw new NotSupportedException();
}
