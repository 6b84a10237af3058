using System.Text;
using ContainerManager.Host.Configuration.Syntax;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ContainerManager.Host.Configuration.Cdi;

/// <summary>Reads YAML into the same tree as JSON. Each scalar is a text: whoever wants a number makes one of it.</summary>
internal static class YamlTree
{
    /// <summary>The first document; null: there is none, or it is no YAML.</summary>
    internal static SourceNode? Read(ReadOnlyMemory<byte> content)
    {
        try
        {
            YamlStream stream = [];
            stream.Load(new StringReader(Encoding.UTF8.GetString(content.Span)));
            return stream.Documents.Count == 0 ? null : Of(stream.Documents[0].RootNode, depth: 0);
        }
        catch (Exception malformed) when (malformed is YamlException or InvalidOperationException or ArgumentException)
        {
            // The library's scanner throws the last two for some texts.
            return null;
        }
    }

    /// <summary>Anchors could make a small file a large tree; specifications are shallow.</summary>
    private static SourceNode Of(YamlNode node, int depth) => depth > 16 ? new SourceNode.Null(0) : node switch
    {
        YamlMappingNode mapping => new SourceNode.Object(0, [.. mapping.Children
            .Where(child => child.Key is YamlScalarNode { Value: not null })
            .Select(child => new SourceMember(((YamlScalarNode)child.Key).Value!, 0, Of(child.Value, depth + 1)))]),
        YamlSequenceNode sequence => new SourceNode.Array(0, [.. sequence.Children.Select(child => Of(child, depth + 1))]),
        YamlScalarNode { Value: { } value } => new SourceNode.String(0, value),
        _ => new SourceNode.Null(0),
    };
}
