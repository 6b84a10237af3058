using System.Text.Json;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>The records, one file each: <c>ID.json</c> in the plugin's state directory. Replaced whole, so never half written.</summary>
internal sealed class RecordStore(string directory)
{
    private const string Extension = ".json";

    /// <exception cref="IOException">The state directory is full or gone.</exception>
    internal void Write(MachineRecord record)
    {
        string file = FileOf(record.Id);
        File.WriteAllBytes(file + ".new", JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.MachineRecord));
        File.Move(file + ".new", file, overwrite: true);
    }

    internal void Delete(string id) => File.Delete(FileOf(id));

    /// <summary>All records. One that nobody can read is of no use and removed: what it was about may still be found by other means.</summary>
    internal List<MachineRecord> ReadAll()
    {
        List<MachineRecord> records = [];
        foreach (string file in Directory.GetFiles(directory, "*" + Extension).Order(StringComparer.Ordinal))
        {
            try
            {
                records.Add(JsonSerializer.Deserialize(File.ReadAllBytes(file), RecordJson.Default.MachineRecord)!);
            }
            catch (JsonException)
            {
                File.Delete(file);
            }
        }

        return records;
    }

    private string FileOf(string id) => Path.Combine(directory, id + Extension);
}
