using System.Collections.Immutable;
using System.Text;
using ContainerManager.Host.Configuration.Syntax;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ContainerManager.Host.Configuration.Cdi;

/// <summary>
/// Reads YAML into the same tree as JSON. Each scalar is a text: whoever wants a number makes one of it. Made of the library's events and not of its own tree,
/// which it builds without a limit: a file of brackets would overflow the stack.
/// </summary>
internal sealed class YamlTree
{
    /// <summary>As in JSON.</summary>
    private const int Deepest = 64;

    /// <summary>With what aliases stand for: a few lines of them could make a tree that fits into no memory.</summary>
    private const int MostNodes = 100_000;

    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, (SourceNode Node, int Nodes)> _anchors = [];
    private int _nodes;

    private YamlTree(Parser parser) => _parser = parser;

    /// <summary>The first document; null: there is none, or it is no YAML, or none that we read.</summary>
    internal static SourceNode? Read(ReadOnlyMemory<byte> content)
    {
        try
        {
            Parser parser = new(new StringReader(Encoding.UTF8.GetString(content.Span)));
            parser.Consume<StreamStart>();
            return parser.TryConsume<DocumentStart>(out _) ? new YamlTree(parser).ReadNode(depth: 0) : null;
        }
        catch (Exception malformed) when (malformed is YamlException or InvalidOperationException or ArgumentException)
        {
            // The library's scanner throws the last two for some texts.
            return null;
        }
    }

    private SourceNode ReadNode(int depth)
    {
        int before = _nodes;
        Count(1);
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            // An anchor is known behind its node: no node can contain itself.
            (SourceNode meant, int nodes) = _anchors.TryGetValue(alias.Value, out (SourceNode, int) anchored) ? anchored : throw new YamlException($"no anchor {alias.Value}");
            Count(nodes);
            return meant;
        }

        NodeEvent start = _parser.Consume<NodeEvent>();
        SourceNode node = start switch
        {
            Scalar scalar => new SourceNode.String(0, scalar.Value),
            _ when depth == Deepest => throw new YamlException("nested too deeply"),
            SequenceStart => ReadSequence(depth + 1),
            _ => ReadMapping(depth + 1),
        };
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor] = (node, _nodes - before);
        }

        return node;
    }

    private SourceNode.Array ReadSequence(int depth)
    {
        ImmutableArray<SourceNode>.Builder items = ImmutableArray.CreateBuilder<SourceNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth));
        }

        return new SourceNode.Array(0, items.DrainToImmutable());
    }

    private SourceNode.Object ReadMapping(int depth)
    {
        var members = new OrderedDictionary<string, SourceMember>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            SourceNode key = ReadNode(depth), value = ReadNode(depth);
            if (key is SourceNode.String { Value: var name } && !members.TryAdd(name, new SourceMember(name, 0, value)))
            {
                throw new YamlException($"{name} is there again");
            }
        }

        return new SourceNode.Object(0, [.. members.Values]);
    }

    private void Count(int nodes)
    {
        _nodes += nodes;
        if (_nodes > MostNodes)
        {
            throw new YamlException("too large a tree");
        }
    }
}
