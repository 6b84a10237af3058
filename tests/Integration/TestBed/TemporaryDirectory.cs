using System.Globalization;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>
/// A directory of a test's own. Its <see cref="Name"/> says which process owns it and serves as the name of whatever else the test makes
/// on the machine (cgroups, namespaces), so that all of it can be found and removed: by disposal, or by a later run when the owner was
/// killed.
/// </summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private const string Prefix = "cm-test.";
    private static readonly Lock StaleLock = new();
    private static bool s_staleRemoved;
    private static int s_count;

    /// <param name="kind">Letters only, for a person who finds it.</param>
    internal TemporaryDirectory(string kind)
    {
        RemoveStale();
        Name = string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix}{kind}.{Environment.ProcessId}.{ProcessFacts.StartTime(Environment.ProcessId)}.{Interlocked.Increment(ref s_count)}");
        FullPath = Path.Combine("/tmp", Name);
        Directory.CreateDirectory(FullPath);
    }

    internal string Name { get; }

    internal string FullPath { get; }

    /// <summary>A path beneath it.</summary>
    internal string this[string relative] => Path.Combine(FullPath, relative);

    /// <summary>Kills what runs from it, unmounts what is mounted in it, removes it.</summary>
    public void Dispose() => Leftovers.Remove(FullPath);

    private static void RemoveStale()
    {
        lock (StaleLock)
        {
            if (s_staleRemoved)
            {
                return;
            }

            s_staleRemoved = true;
            foreach (string directory in Directory.GetDirectories("/tmp", Prefix + "*"))
            {
                string[] parts = Path.GetFileName(directory).Split('.');
                if (parts.Length == 5 && int.TryParse(parts[2], out int owner) && ProcessFacts.StartTime(owner) != parts[3])
                {
                    Leftovers.Remove(directory);
                }
            }
        }
    }
}
