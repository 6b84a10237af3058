using System.Runtime.InteropServices;

namespace ContainerManager.Host.Paths;

/// <summary>Who is interested in one watched directory. A name that nobody means costs one look-up, however many watch the directory.</summary>
internal sealed class InterestSet
{
    private readonly Dictionary<string, Interest?> _byName = [];
    private Interest? _byWildcard;

    internal bool IsEmpty => _byName.Count == 0 && _byWildcard is null;

    internal void Add(Interest interest)
    {
        if (interest.Names.Literal is { } name)
        {
            Link(ref CollectionsMarshal.GetValueRefOrAddDefault(_byName, name, out _), interest);
        }
        else
        {
            Link(ref _byWildcard, interest);
        }
    }

    internal void Remove(Interest interest)
    {
        if (interest.Names.Literal is not { } name)
        {
            Unlink(ref _byWildcard, interest);
            return;
        }

        ref Interest? head = ref CollectionsMarshal.GetValueRefOrNullRef(_byName, name);
        Unlink(ref head, interest);
        if (head is null)
        {
            _byName.Remove(name);
        }
    }

    /// <summary>Adds those who mean the name; of a change in place only those who want to hear of that.</summary>
    internal void Match(string name, InPlaceChanges inPlace, List<Hit> hits)
    {
        _byName.TryGetValue(name, out Interest? interest);
        for (; interest is not null; interest = interest.Next)
        {
            Hear(interest);
        }

        for (interest = _byWildcard; interest is not null; interest = interest.Next)
        {
            if (interest.Names.Matches(name))
            {
                Hear(interest);
            }
        }

        void Hear(Interest one)
        {
            if (inPlace == InPlaceChanges.None || (one.InPlace & inPlace) != 0)
            {
                hits.Add(new Hit(one, name, inPlace != InPlaceChanges.None));
            }
        }
    }

    /// <summary>Adds those who mean a name in the directory through which they watch.</summary>
    internal void Match(Dictionary<string, List<string>> namesByDirectory, List<Hit> hits)
    {
        foreach (Interest interest in Everybody())
        {
            if (!namesByDirectory.TryGetValue(interest.Directory, out List<string>? names))
            {
                continue;
            }

            foreach (string name in names)
            {
                if (interest.Names.Matches(name))
                {
                    hits.Add(new Hit(interest, name));
                }
            }
        }
    }

    /// <summary>Adds everybody: the watch has ended.</summary>
    internal void All(List<Hit> hits)
    {
        foreach (Interest interest in Everybody())
        {
            hits.Add(new Hit(interest, null));
        }
    }

    private IEnumerable<Interest> Everybody()
    {
        foreach (Interest? first in _byName.Values.Append(_byWildcard))
        {
            for (Interest? interest = first; interest is not null; interest = interest.Next)
            {
                yield return interest;
            }
        }
    }

    private static void Link(ref Interest? head, Interest interest)
    {
        interest.Next = head;
        interest.Previous = null;
        if (head is not null)
        {
            head.Previous = interest;
        }

        head = interest;
    }

    private static void Unlink(ref Interest? head, Interest interest)
    {
        if (interest.Previous is { } previous)
        {
            previous.Next = interest.Next;
        }
        else
        {
            head = interest.Next;
        }

        if (interest.Next is { } next)
        {
            next.Previous = interest.Previous;
        }

        interest.Next = interest.Previous = null;
    }
}

/// <summary>An interest that was met.</summary>
/// <param name="Interest">Whose.</param>
/// <param name="Name">What was heard of; null: the watch has ended.</param>
/// <param name="IsInPlace">As in <see cref="Interest.Changed"/>.</param>
internal readonly record struct Hit(Interest Interest, string? Name, bool IsInPlace = false)
{
    internal void Deliver()
    {
        if (Name is null)
        {
            Interest.Lost();
        }
        else
        {
            Interest.Changed(Name, IsInPlace);
        }
    }
}
