using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Mounting;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Mounting;

/// <summary>Whoever mounts inside may lie, or be gone before it answers: what counts is what is mounted.</summary>
public sealed class PropagationMountTests : IInsideMounts, IDisposable
{
    private readonly TemporaryDirectory _directory = new("propagation");
    private readonly MountNamespaceEntrance _entrance = new();
    private readonly BareContainer _container = new("/bin/busybox mkdir /there; /bin/busybox touch /there/file");
    private readonly ContainerEntry _entry;
    private readonly CloneMaker _clones;
    private readonly List<MountOutcome> _written = [];

    /// <summary>What it mounts and says; given what it is to mount.</summary>
    private Action<DetachedMount, Action<ulong>> _act = (_, _) => { };

    public PropagationMountTests()
    {
        _entry = _container.Open();
        _clones = new CloneMaker(_directory["transit"], Installation.Client, _entrance, new StagedNodes(_directory["nodes"]));
        File.WriteAllText(_directory["source"], "ours");
    }

    public void Dispose()
    {
        _entry.Dispose();
        _container.Dispose();
        _clones.Dispose();
        _entrance.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void WhatIsSaidToBeMountedAndIsNotIsRefused()
    {
        _act = (_, beforeAct) => beforeAct(4711);
        Assert.Contains("and it is not", Assert.Throws<MountRefusedException>(() => Attach("/some/where")).Message, StringComparison.Ordinal);

        // What would be made for it is not asked of the one inside: it would be removed one day.
        Assert.Equal(["/some", "/some/where"], Assert.Single(_written).Made);
    }

    [Fact]
    public void AnotherMountThatIsThereIsNotTakenForOurs()
    {
        File.WriteAllText(_directory["other"], "other");
        _act = (_, beforeAct) => MountAt("/there/file", _directory["other"], beforeAct);
        Assert.Throws<MountRefusedException>(() => Attach("/there/file"));
    }

    [Fact]
    public void WhatIsMountedThoughNobodyAnswersIsMounted()
    {
        ulong mounted = 0;
        _act = (_, beforeAct) =>
        {
            mounted = MountAt("/there/file", _directory["source"], beforeAct);
            throw new IOException("the client has ended");
        };
        MountOutcome outcome = Attach("/there/file");
        Assert.Equal((mounted, 0), (outcome.MountId, outcome.Made.Length));
        Assert.Equal(mounted, Assert.Single(_written).MountId);
        Assert.Equal("ours", File.ReadAllText(_container.Inside("/there/file")));
    }

    [Fact]
    public void WhoFailsSaysWhyAndNothingIsMounted()
    {
        _act = (_, beforeAct) =>
        {
            beforeAct(4711);
            throw new MountRefusedException("the client could not do it");
        };
        Assert.Equal("the client could not do it", Assert.Throws<MountRefusedException>(() => Attach("/there/file")).Message);
    }

    void IInsideMounts.Attach(DetachedMount clone, string target, ulong replaced, Action<ulong> beforeAct) => _act(clone, beforeAct);

    void IInsideMounts.Detach(string target, ulong mountId, ImmutableArray<string> made) => throw new NotSupportedException();

    private MountOutcome Attach(string target) => new MountExecutor(_entrance, _clones).Execute(
        _entry, new PropagationMount().Attach(new MountRequest(_directory["source"], target, MountOptions.Default)), _written.Add, inside: this);

    private ulong MountAt(string target, string source, Action<ulong> beforeAct)
    {
        using DetachedMount clone = DetachedMount.Clone(source, recursive: false);
        beforeAct(clone.Status.MountId);
        using SafeFileHandle? place = RootedPath.Open(_entry.Root, target);
        _entrance.Attach(_entry.MountNamespace, clone.Handle, place!, target);
        return clone.Status.MountId;
    }
}
