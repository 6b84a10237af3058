using ContainerManager.Abstractions;
using ContainerManager.Host.Mounting;
using ContainerManager.Linux;
using CsCheck;

namespace ContainerManager.Tests.Unit.Mounting;

/// <summary>The maps of an id-mapped mount: two ids change places, all others stay.</summary>
public sealed class OwnerMappingTests
{
    private static readonly Gen<uint> Ids = Gen.OneOf(Gen.UInt[0, 5], Gen.UInt[uint.MaxValue - 5, uint.MaxValue - 1], Gen.UInt[0, uint.MaxValue - 1]);

    [Fact]
    public void Two_ids_change_places_and_all_others_stay() => Gen.Select(Ids, Ids, Ids).Sample((one, other, third) =>
    {
        uint[][] lines = [.. OwnerMapping.Exchange(one, other).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ').Select(uint.Parse).ToArray())];
        Assert.True(lines.Length <= 5);
        Assert.Equal((ulong)uint.MaxValue, (ulong)lines.Sum(line => (decimal)line[2]));
        Assert.Equal(other, Map(lines, one));
        Assert.Equal(one, Map(lines, other));
        Assert.Equal(third == one ? other : third == other ? one : third, Map(lines, third));
    });

    [Fact]
    public void An_owner_that_is_so_already_needs_no_map()
    {
        IdMap ids = new([new IdMapRange(0, 100000, 65536)]);
        FileStatus source = new(default, 0, 0, 0, 100007, 100008);
        Assert.Null(OwnerMapping.For(new FileOwner(7, 8), source, Container(ids)));
        Assert.Equal(OwnerMapping.Exchange(100007, 100008), OwnerMapping.For(new FileOwner(8, 8), source, Container(ids))!.Users);
        Assert.Throws<MountRefusedException>(() => OwnerMapping.For(new FileOwner(65536, 0), source, Container(ids)));
    }

    private static uint Map(uint[][] lines, uint id)
    {
        uint[] line = lines.Single(line => id >= line[0] && id - line[0] < line[2]);
        return line[1] + (id - line[0]);
    }

    private static ContainerEntry Container(IdMap ids) => new()
    {
        Process = new(-1, false),
        MountNamespace = new(-1, false),
        Root = new(-1, false),
        UserIds = ids,
        GroupIds = ids,
        Cgroups = new Dictionary<string, string>(),
    };
}
