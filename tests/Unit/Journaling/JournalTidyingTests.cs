using ContainerManager.Abstractions;
using ContainerManager.Host.Journaling;

namespace ContainerManager.Tests.Unit.Journaling;

/// <summary>A journal that cannot be tidied, as on a full disk, goes on as it is.</summary>
public sealed class JournalTidyingTests : IDisposable
{
    private static readonly RecordedRequest Kept = new("name", "/host/file", "/kept", MountOptions.Default), Passing = Kept with { Target = "/passing" };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("journal-");

    private string Draft => Path.Combine(_directory.FullName, "journal.new");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Nothing_is_lost_and_it_is_tidied_when_it_can_be_again()
    {
        using (Journal journal = Journal.Open(_directory.FullName, out _))
        {
            // Where a directory is, no file can be made.
            Directory.CreateDirectory(Draft);
            AskAndTakeBack(journal, 3000);
            journal.Requested(Kept);
            AskAndTakeBack(journal, 1);
            long grown = Length();
            Directory.Delete(Draft);
            AskAndTakeBack(journal, 3000);
            Assert.True(Length() < grown, $"{grown} → {Length()}");
        }

        using Journal again = Journal.Open(_directory.FullName, out string? warning);
        Assert.Null(warning);
        Assert.Equal([Kept], again.Requests);
    }

    private long Length() => new FileInfo(Path.Combine(_directory.FullName, "journal")).Length;

    private static void AskAndTakeBack(Journal journal, int times)
    {
        for (int i = 0; i < times; i++)
        {
            journal.Requested(Passing);
            journal.Unrequested(Passing);
        }
    }
}
