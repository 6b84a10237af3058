using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Plugins.Folders;

/// <summary>What an assembly says of itself in its metadata (ECMA-335). It is read, not loaded: none of its code runs.</summary>
/// <param name="Version">The version a person gave it.</param>
/// <param name="Contracts">The version of ContainerManager.Abstractions that it was built against; null: it does not use it.</param>
internal sealed record AssemblyImage(string Version, Version? Contracts)
{
    internal static Version ServersContracts { get; } = typeof(IContainerRuntime).Assembly.GetName().Version!;

    private static string ContractsName { get; } = typeof(IContainerRuntime).Assembly.GetName().Name!;

    /// <summary>Refuses a file of which the end is missing: all sections of an image (PE format) must lie within it.</summary>
    /// <exception cref="PluginException">It is incomplete.</exception>
    internal static void CheckWhole(string name, byte[] content)
    {
        if (content is not ([] or [(byte)'M'] or [(byte)'M', (byte)'Z', ..]))
        {
            return; // No image at all, and so none that is incomplete.
        }

        try
        {
            using PEReader reader = new(ImmutableArray.Create(content));
            int end = reader.PEHeaders.SectionHeaders.Max(section => section.PointerToRawData + section.SizeOfRawData);
            if (end > content.Length)
            {
                throw new PluginException(PluginState.Incomplete, $"{name} is incomplete, {content.Length} of {end} bytes; waiting for the rest");
            }
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException or ArgumentException)
        {
            throw new PluginException(PluginState.Incomplete, $"{name} is incomplete, only {content.Length} bytes; waiting for the rest");
        }
    }

    /// <summary>Reads a plugin's assembly and refuses what cannot be one of ours.</summary>
    /// <exception cref="PluginException">It is refused.</exception>
    internal static AssemblyImage Read(string plugin, byte[] content)
    {
        try
        {
            using PEReader reader = new(ImmutableArray.Create(content));
            AssemblyImage image = reader.HasMetadata ? Of(reader.GetMetadataReader()) : throw new BadImageFormatException();
            Check(plugin, image.Contracts, ServersContracts);
            return image;
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException)
        {
            throw new PluginException(PluginState.Refused, $"{plugin}.dll is not a .NET assembly: build the plugin as docs/plugins.md says");
        }
    }

    /// <summary>Other major versions have other contracts.</summary>
    /// <exception cref="PluginException">They differ, or it uses none.</exception>
    internal static void Check(string plugin, Version? theirs, Version ours)
    {
        if (theirs is null)
        {
            throw new PluginException(PluginState.Refused, $"{plugin}.dll is foreign: it does not use {ContractsName}; a plugin implements its contracts");
        }

        if (theirs.Major != ours.Major)
        {
            throw new PluginException(
                PluginState.Refused,
                $"{plugin}.dll was built against {ContractsName} {theirs.ToString(3)}, this server has {ours.ToString(3)}: " +
                $"build it against {ours.Major}.x, or install a server of version {theirs.Major}");
        }
    }

    private static AssemblyImage Of(MetadataReader metadata)
    {
        AssemblyDefinition assembly = metadata.GetAssemblyDefinition();
        Version? contracts = metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
            .Where(reference => metadata.StringComparer.Equals(reference.Name, ContractsName))
            .Select(reference => reference.Version)
            .FirstOrDefault();
        return new AssemblyImage(InformationalVersion(metadata, assembly) ?? assembly.Version.ToString(3), contracts);
    }

    /// <summary>The one argument of AssemblyInformationalVersionAttribute: a prolog of two bytes, then a counted string (ECMA-335 II.23.3).</summary>
    private static string? InformationalVersion(MetadataReader metadata, AssemblyDefinition assembly)
    {
        foreach (CustomAttribute attribute in assembly.GetCustomAttributes().Select(metadata.GetCustomAttribute))
        {
            if (attribute.Constructor.Kind == HandleKind.MemberReference &&
                metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } parent &&
                metadata.StringComparer.Equals(metadata.GetTypeReference((TypeReferenceHandle)parent).Name, "AssemblyInformationalVersionAttribute"))
            {
                BlobReader value = metadata.GetBlobReader(attribute.Value);
                value.ReadUInt16();
                return value.ReadSerializedString()?.Split('+')[0];
            }
        }

        return null;
    }
}
