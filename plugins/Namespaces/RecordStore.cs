namespace ContainerManager.Plugins.Namespaces;

/// <summary>The records, one file each: <c>NAME.json</c> in the plugin's state directory. Replaced whole, so never half written.</summary>
internal sealed class RecordStore(string directory)
{
    private const string Extension = ".json";

    /// <exception cref="IOException">The state directory is full or gone.</exception>
    internal void Write(ContainerRecord record)
    {
        string file = FileOf(record.Request.Name);
        File.WriteAllBytes(file + ".new", RecordJson.Write(record));
        File.Move(file + ".new", file, overwrite: true);
    }

    internal void Delete(string name) => File.Delete(FileOf(name));

    /// <summary>All records. One that nobody can read is put aside under a name that shows it.</summary>
    internal IEnumerable<ContainerRecord> ReadAll()
    {
        foreach (string file in Directory.GetFiles(directory, "*" + Extension).Order(StringComparer.Ordinal))
        {
            ContainerRecord? record = null;
            try
            {
                record = RecordJson.Read(File.ReadAllBytes(file));
            }
            catch (FormatException)
            {
                File.Move(file, file + ".unreadable", overwrite: true);
            }

            if (record is not null)
            {
                yield return record;
            }
        }
    }

    private string FileOf(string name) => Path.Combine(directory, name + Extension);
}
