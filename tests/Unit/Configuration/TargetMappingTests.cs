using ContainerManager.Host.Configuration;
using ContainerManager.Host.Paths;
using CsCheck;

namespace ContainerManager.Tests.Unit.Configuration;

public sealed class TargetMappingTests
{
    private static readonly Gen<string> Path = Gen.String[Gen.Char["abc.-"], 1, 3].Array[1, 4].Select(c => "/" + string.Join('/', c));

    [Theory]
    [InlineData("/etc/hosts", "/etc/hosts", "/host/etc/hosts")]
    [InlineData("/", "/", "/host")]
    [InlineData("/", "/etc", "/host/etc")]
    public void Host_is_the_same_path_beneath_host(string pattern, string path, string target) =>
        Assert.Equal(target, new TargetMapping.UnderHost().TargetOf(new PathPattern(pattern, false), path));

    [Theory]
    [InlineData("/srv/data", "/srv/data", "/x", "/x")]
    [InlineData("/srv/data", "/srv/data/a", "/x", "/x/a")]
    [InlineData("/srv/data", "/srv/data/a", "/", "/a")]
    [InlineData("/dev/ttyUSB*", "/dev/ttyUSB0", "/x", "/x/ttyUSB0")]
    [InlineData("/run/user/*/bus", "/run/user/1000/bus", "/x", "/x/1000/bus")]
    [InlineData("/run/user/*/bus", "/run/user/1000/bus", "/", "/1000/bus")]
    [InlineData("/run/u[0-9]/?", "/run/u1/z", "/x", "/x/u1/z")]
    [InlineData("/*", "/a", "/x", "/x/a")]
    [InlineData("/", "/", "/x", "/x")]
    [InlineData("/", "/a", "/x", "/x/a")]
    [InlineData("/", "/a", "/", "/a")]
    [InlineData("/literal/[*]", "/literal/*", "/x", "/x/*")]
    public void A_target_takes_what_the_fixed_part_of_the_pattern_does_not_say(string pattern, string path, string target, string expected) =>
        Assert.Equal(expected, new TargetMapping.To(target).TargetOf(new PathPattern(pattern, true), path));

    [Fact]
    public void Absolute_changes_nothing() =>
        Path.Sample(path => Assert.Equal(path, new TargetMapping.Absolute().TargetOf(new PathPattern("/*", true), path)));

    [Fact]
    public void Different_entries_of_a_directory_have_different_targets() =>
        Gen.Select(Path, Path, Path, Path).Where((_, _, a, b) => a != b).Sample((directory, target, a, b) =>
        {
            var mapping = new TargetMapping.To(target);
            var pattern = new PathPattern(directory, true);
            Assert.Equal(target + a, mapping.TargetOf(pattern, directory + a));
            Assert.NotEqual(mapping.TargetOf(pattern, directory + a), mapping.TargetOf(pattern, directory + b));
        });
}
