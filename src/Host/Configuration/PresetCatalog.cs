using System.Collections.Immutable;
using ContainerManager.Host.Configuration.Checks;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration;

/// <summary>The presets that there are: each a file <c>NAME.json</c>. One in a later directory takes the place of its namesake.</summary>
internal sealed class PresetCatalog
{
    private readonly ImmutableSortedDictionary<string, string> _files;
    private readonly Dictionary<string, (Preset? Preset, ImmutableArray<ConfigurationError> Errors)> _read = new(StringComparer.Ordinal);

    /// <param name="directories">Where they are; one that does not exist has none.</param>
    internal PresetCatalog(params IEnumerable<string> directories)
    {
        ImmutableSortedDictionary<string, string>.Builder files = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string file in directories.SelectMany(DropIns.In))
        {
            files[Path.GetFileNameWithoutExtension(file)] = file;
        }

        _files = files.ToImmutable();
    }

    /// <summary>Those that ship with the program.</summary>
    internal static string ShippedDirectory => Path.Combine(AppContext.BaseDirectory, "presets");

    internal IEnumerable<string> Names => _files.Keys;

    /// <summary>Those of the program, and those that stand beside a configuration file.</summary>
    internal static PresetCatalog For(string configurationFile) => new(ShippedDirectory, DirectoryBeside(configurationFile));

    /// <summary>Where people put presets of their own: <c>/etc/container-manager.presets.d</c>.</summary>
    internal static string DirectoryBeside(string configurationFile) => Path.ChangeExtension(configurationFile, ".presets.d");

    /// <summary>A preset, or what is wrong with it; null: there is none of that name.</summary>
    internal (Preset? Preset, ImmutableArray<ConfigurationError> Errors)? Find(string name)
    {
        if (!_files.TryGetValue(name, out string? file))
        {
            return null;
        }

        if (!_read.TryGetValue(name, out (Preset?, ImmutableArray<ConfigurationError>) read))
        {
            _read.Add(name, read = Read(name, file));
        }

        return read;
    }

    private static (Preset?, ImmutableArray<ConfigurationError>) Read(string name, string file)
    {
        ReadOnlyMemory<byte>? content = ConfigurationFile.Read(file, out ConfigurationError? unreadable);
        if (content is null)
        {
            return (null, [unreadable!]);
        }

        var source = new SourceText(content.Value, file);
        var errors = new ErrorList(source);
        Preset? preset = SourceTreeReader.Read(source, errors) is { } tree ? PresetReader.Read(name, ConfigurationValue.Root(tree, errors)) : null;
        return (errors.IsEmpty ? preset : null, errors.InOrder());
    }
}
