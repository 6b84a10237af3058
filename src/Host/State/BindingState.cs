using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.State;

/// <summary>One target in one container: what could go there, what is there, what is being done about it.</summary>
internal sealed class BindingState(string target)
{
    private readonly List<Candidate> _candidates = new(1);

    internal string Target { get; } = target;

    /// <summary>What is mounted there.</summary>
    internal Attachment? Actual { get; set; }

    /// <summary>The step under way.</summary>
    internal Step.OnTarget? InFlight
    {
        get => field;
        set => (field, ChangedMeanwhile) = (value, false);
    }

    /// <summary>Since the step under way was planned, something has changed that makes another try worthwhile, should it fail.</summary>
    internal bool ChangedMeanwhile { get; private set; }

    /// <summary>What failed is tried again; what is under way will be, should it fail.</summary>
    internal void TryAgain() => (Failure, ChangedMeanwhile) = (Failure is { } failure ? failure with { TryAgain = true } : null, InFlight is not null);

    /// <summary>What is mounted there, as far as we know, the container cannot see any more.</summary>
    internal LostMount? Lost { get; set; }

    /// <summary>Why it is not as it should be, for as long as the same is wanted.</summary>
    internal Failure? Failure { get; set; }

    internal bool IsEmpty => _candidates.Count == 0 && Actual is null && InFlight is null;

    /// <summary>The candidate that goes there: of several, that of the first rule.</summary>
    internal Candidate? Chosen => _candidates.Count == 0 ? null : _candidates[0];

    /// <summary>Whether a directory is, shall be or is being mounted there, on which other targets may lie.</summary>
    internal bool CoversDirectory => Actual?.Identity.Kind == FileKind.Directory || Chosen?.Identity.Kind == FileKind.Directory ||
        InFlight is { ConcernsDirectory: true };

    internal Desired? Desired => Chosen is { } chosen ? new Desired(chosen.Source, chosen.Identity, chosen.Options, chosen.Permission, chosen.RefusesLinks) : null;

    internal void SetCandidate(Candidate candidate)
    {
        RemoveCandidate(candidate.Rule, candidate.Source);
        int index = _candidates.FindIndex(other => Candidate.Order(candidate, other) < 0);
        _candidates.Insert(index < 0 ? _candidates.Count : index, candidate);
    }

    internal void RemoveCandidate(int rule, string source) =>
        _candidates.RemoveAll(candidate => candidate.Rule == rule && candidate.Source == source);

    /// <summary>The node of whichever device: there is another one for it.</summary>
    internal void RemoveDevice() => _candidates.RemoveAll(candidate => candidate.Rule == Candidate.OfDevice);

    /// <summary>The node of a device that the container does not have any more; that of another one by the same name stays.</summary>
    /// <param name="device">Its path in sysfs.</param>
    internal void RemoveDevice(string device) => _candidates.RemoveAll(candidate => candidate.Rule == Candidate.OfDevice && candidate.Device == device);

    /// <summary>Those of rules; a device that the container has stays, and so does the client.</summary>
    internal void ClearCandidates() => _candidates.RemoveAll(candidate => candidate.IsOfRule);
}

/// <summary>A source that a rule of the container would put at a target.</summary>
/// <param name="Rule">The place of the rule among those of the container; <see cref="OfDevice"/> is after them all.</param>
/// <param name="Source">The path on the host.</param>
/// <param name="Identity">Which file it is.</param>
/// <param name="Options">How the rule wants it mounted.</param>
/// <param name="Origin">Where the rule stands.</param>
internal sealed record Candidate(int Rule, string Source, FileIdentity Identity, MountOptions Options, string Origin)
{
    /// <summary>Of a device node: the container is to be allowed to use it.</summary>
    internal bool Permission { get; init; } = true;

    /// <summary>Of a device's node: the device's path in sysfs, since another may have the same node later.</summary>
    internal string? Device { get; init; }

    /// <summary>As of the rule's pattern.</summary>
    internal bool RefusesLinks { get; init; }

    /// <summary>No rule of paths, but a device that the container gets.</summary>
    internal const int OfDevice = int.MaxValue;

    /// <summary>No rule of paths, but the client that runs inside.</summary>
    internal const int OfClient = OfDevice - 1;

    /// <summary>A rule of paths asks for it.</summary>
    internal bool IsOfRule => Rule < OfClient;

    /// <summary>Earlier rules first; within one rule by path, so that the choice does not depend on the order of events.</summary>
    internal static int Order(Candidate left, Candidate right) =>
        left.Rule != right.Rule ? left.Rule.CompareTo(right.Rule) : string.CompareOrdinal(left.Source, right.Source);
}

/// <summary>A step that failed.</summary>
/// <param name="Desired">What was wanted then; null for a detach. It is not tried again for the same.</param>
/// <param name="Reason">For a person.</param>
/// <param name="Detaching">It was a detach.</param>
/// <param name="SourceMissing">The source was not found although it was reported.</param>
/// <param name="Times">How often in a row for the same.</param>
/// <param name="TryAgain">Something has changed that makes another try worthwhile.</param>
internal sealed record Failure(Desired? Desired, string Reason, bool Detaching, bool SourceMissing, int Times, bool TryAgain);
