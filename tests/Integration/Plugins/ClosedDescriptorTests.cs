using System.Runtime.InteropServices;
using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Plugins;

/// <summary>A source whose descriptor is not what it should be is closed all the same.</summary>
public sealed class ClosedDescriptorTests : IEventSink, IDisposable
{
    private readonly TemporaryDirectory _directory = new("descriptor");

    public void Dispose() => _directory.Dispose();

    void IEventSink.Post(SourceEvent sourceEvent) => Assert.Fail($"nothing was to be read: {sourceEvent}");

    [Fact]
    public async Task ASourceIsDisposedThoughItsDescriptorWasClosedBehindIt()
    {
        (await Command.RunAsync("mkfifo", [_directory["fifo"]])).OutputOrThrow();
        using EventLoop loop = new(this, (name, fault) => Assert.Fail($"{name}: {fault}"));
        FileStream fifo = new(_directory["fifo"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        Source source = new(new SafeFileHandle(fifo.SafeFileHandle.DangerousGetHandle(), ownsHandle: false));
        IDisposable registration = loop.Add(source);
        await fifo.DisposeAsync();

        Assert.Throws<KernelException>(registration.Dispose);
        Assert.True(source.Disposed);
    }

    [Fact]
    public async Task ARegularFileIsRefused()
    {
        await File.WriteAllTextAsync(_directory["file"], "", TestContext.Current.CancellationToken);
        using EventLoop loop = new(this, (name, fault) => Assert.Fail($"{name}: {fault}"));
        using SafeFileHandle file = File.OpenHandle(_directory["file"]);

        Assert.Throws<KernelException>(() => loop.Add(new Source(file)));
    }

    private sealed class Source(SafeHandle handle) : IEventSource
    {
        internal bool Disposed { get; private set; }

        public string Name => "source";

        public SafeHandle Handle => handle;

        public EventReadiness Readiness => EventReadiness.Readable;

        public void Drain(IEventSink sink) => Assert.Fail("nothing was to be read");

        public void Dispose() => Disposed = true;
    }
}
