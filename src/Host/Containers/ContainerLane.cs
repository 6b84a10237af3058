using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Mounting;
using ContainerManager.Host.State;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Containers;

/// <summary>
/// Carries out the steps of one container, in order. Everything here happens in the lane: a target that hangs (a FUSE that the
/// container itself mounted) holds up this container only.
/// </summary>
internal sealed class ContainerLane(ContainerId id, LaneServices services)
{
    private readonly Lane _lane = new(services.Loop);
    private ContainerEntry? _entry;
    private readonly HashSet<string> _madeDirectories = new(StringComparer.Ordinal);
    private IDisposable? _exitWatch;
    private int _run;
    private volatile bool _abandoned;

    /// <summary>Adds a step. Returns at once.</summary>
    /// <param name="run">The run it is meant for.</param>
    /// <param name="step">What to do.</param>
    /// <param name="strategy">The strategy that the configuration asks for by name.</param>
    internal void Enqueue(int run, Step step, string? strategy) => _lane.Enqueue(() => CarryOut(run, step, strategy));

    /// <summary>The run is over: what is still queued is not done, only closed.</summary>
    internal void Abandon() => _abandoned = true;

    private void CarryOut(int run, Step step, string? strategy)
    {
        switch (step)
        {
            case Step.Open open:
                Open(run, open.Entry, strategy);
                break;
            case Step.Close:
                Close();
                break;
            case Step.OnTarget onTarget when _entry is not null && run == _run && !_abandoned:
                services.Post(Try(run, onTarget, _entry, strategy));
                break;
            default:
                break; // For a run that has ended: nobody waits for an answer.
        }
    }

    private void Open(int run, ContainerEntry? entry, string? strategy)
    {
        try
        {
            OpenOrThrow(run, entry, strategy);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Close();
            services.Post(new HostEvent.ContainerBroken(id, run, failure.Message));
        }
    }

    private void OpenOrThrow(int run, ContainerEntry? entry, string? strategy)
    {
        Close();
        _run = run;
        _entry = entry ?? throw new ArgumentNullException(nameof(entry));
        ProcessExitSource exit = new(entry.Process, () => services.Post(new HostEvent.ContainerStopped(id, run)));
        exit.Registration = _exitWatch = services.Loop.Add(exit);
        services.Post(new HostEvent.ContainerReady(id, run, Recognise(entry, strategy)));
    }

    private void Close()
    {
        _exitWatch?.Dispose();
        _entry?.Dispose();
        _exitWatch = null;
        _entry = null;
        _madeDirectories.Clear();
    }

    private HostEvent Try(int run, Step.OnTarget step, ContainerEntry entry, string? named)
    {
        try
        {
            IMountStrategy strategy = services.Strategies.For(entry, named);
            Attachment? attachment = step switch
            {
                Step.Attach attach => Attach(entry, strategy, attach),
                Step.Replace replace => Replace(entry, strategy, replace),
                Step.Detach detach => Detach(entry, strategy, detach),
                _ => throw new ArgumentException($"unknown step {step.GetType().Name}", nameof(step)),
            };
            return new HostEvent.StepSucceeded(id, run, step, attachment, DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch);
        }
        catch (IOException failure)
        {
            return new HostEvent.StepFailed(id, run, step, FailureAdvice.Explain(failure), FailureAdvice.IsSourceMissing(failure));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // A strategy of a plugin, or a defect of ours: the binding must not stay pending for ever.
            return new HostEvent.StepFailed(id, run, step, failure.Message, SourceMissing: false);
        }
    }

    private Attachment Attach(ContainerEntry entry, IMountStrategy strategy, Step.Attach step)
    {
        MountRequest request = new(step.Desired.Source, step.Target, step.Desired.Options);
        MountOutcome outcome = services.Executor.Execute(
            entry,
            strategy.Attach(request),
            prepared => Attaching(RecordedAttachment.Of(id, AttachmentOf(request, WithParents(request, prepared)))));
        return Remembered(AttachmentOf(request, WithParents(request, Shown(outcome, step.Desired))));
    }

    private Attachment Replace(ContainerEntry entry, IMountStrategy strategy, Step.Replace step)
    {
        MountRequest request = new(step.Desired.Source, step.Target, step.Desired.Options);
        MountOutcome outcome = services.Executor.Execute(
            entry,
            strategy.Replace(request, step.Current.Mount),
            prepared => Attaching(RecordedAttachment.Of(
                id,
                AttachmentOf(request, prepared with { Made = Joined(step.Current.Made, prepared.Made) }),
                replaces: step.Current.MountId)));
        return Remembered(AttachmentOf(request, Shown(outcome, step.Desired) with { Made = Joined(step.Current.Made, outcome.Made) }));
    }

    /// <summary>A step that has hung may wake when another lane serves the container already, and must not mount beside it.</summary>
    private void Attaching(RecordedAttachment record)
    {
        if (_abandoned)
        {
            throw new MountRefusedException("the container is served anew meanwhile");
        }

        services.Journal.Attaching(record);
    }

    private Attachment? Detach(ContainerEntry entry, IMountStrategy strategy, Step.Detach step)
    {
        services.Executor.Execute(entry, strategy.Detach(step.Current.Mount));
        services.Journal.Detached(RecordedAttachment.Of(id, step.Current));
        _madeDirectories.RemoveWhere(directory => step.Current.Made.Contains(directory) && !Exists(entry, directory));
        return null;
    }

    /// <summary>A strategy that clones nothing cannot say which file it shows: it counts as the one that was asked for, or it would be asked for ever.</summary>
    private static MountOutcome Shown(MountOutcome outcome, Desired desired) =>
        outcome.MountId == 0 ? outcome with { Identity = desired.Identity } : outcome;

    private static Attachment AttachmentOf(MountRequest request, MountOutcome outcome) =>
        new(request.Target, request.Source, outcome.Identity, request.Options, outcome.MountId, outcome.Made);

    /// <summary>
    /// Directories that we made for another mount and that this one uses as well: whichever goes last takes them away.
    /// </summary>
    private MountOutcome WithParents(MountRequest request, MountOutcome outcome)
    {
        if (_madeDirectories.Count == 0)
        {
            return outcome;
        }

        ImmutableArray<string> parents = [.. _madeDirectories
            .Where(directory => request.Target.Length > directory.Length && request.Target[directory.Length] == '/' &&
                request.Target.StartsWith(directory, StringComparison.Ordinal))
            .OrderBy(directory => directory.Length)];
        return outcome with { Made = Joined(parents, outcome.Made) };
    }

    private static bool Exists(ContainerEntry entry, string path)
    {
        using SafeFileHandle? there = RootedPath.Open(entry.Root, path);
        return there is not null;
    }

    private Attachment Remembered(Attachment attachment)
    {
        _madeDirectories.UnionWith(attachment.Made.Where(path => path != attachment.Target));
        return attachment;
    }

    private static ImmutableArray<string> Joined(ImmutableArray<string> before, ImmutableArray<string> now) =>
        now.IsEmpty ? before : [.. before.Union(now)];

    /// <summary>Finds the mounts of an earlier server again; of those that are gone, takes away the mount points.</summary>
    private ImmutableArray<Attachment> Recognise(ContainerEntry entry, string? strategy)
    {
        ImmutableArray<Attachment>.Builder found = ImmutableArray.CreateBuilder<Attachment>();
        foreach (RecordedAttachment recorded in services.Journal.AttachmentsOf(id))
        {
            if (Find(entry, recorded, strategy) is { } attachment)
            {
                found.Add(Remembered(attachment));
            }
        }

        return found.ToImmutable();
    }

    private Attachment? Find(ContainerEntry entry, RecordedAttachment recorded, string? named)
    {
        try
        {
            bool loaded = named is null || services.Strategies.Names.Contains(named);
            if (!loaded && recorded.MountId == 0)
            {
                // Nobody but the strategy that made it can say whether it is there: neither may be taken away, its mount points nor its record.
                return null;
            }

            // A strategy that is not loaded yet cannot recognise anything: by its id a mount is found without it.
            IMountStrategy strategy = services.Strategies.For(entry, loaded ? named : null);
            foreach (ulong mountId in (IEnumerable<ulong>)[recorded.MountId, .. recorded.Replaces is { } replaced ? [replaced] : Array.Empty<ulong>()])
            {
                AttachedMount mount = new(recorded.Target, mountId, recorded.Made);
                MountOutcome look = services.Executor.Execute(entry, strategy.Recognise(mount));
                if (look.MountId != 0)
                {
                    // The record is that of the new mount. The one that it was to replace is ours too, but nobody knows how it was made: replace it.
                    string source = mountId == recorded.MountId ? recorded.Source : "";
                    return new Attachment(recorded.Target, source, look.Identity, recorded.Options, mountId, recorded.Made);
                }
            }

            services.Executor.Execute(entry, [new MountAction.RemoveMountPoints(recorded.Made)]);
            services.Journal.Detached(recorded);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Cannot be looked at now, or a plugin's strategy cannot. The record stays; what is wanted there is mounted anew, and says what is wrong.
        }

        return null;
    }
}
