using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using ContainerManager.Host.Configuration;
using CsCheck;

namespace ContainerManager.Tests.Unit.Configuration;

/// <summary>Whatever is in the file: a configuration or errors that point into it, and never an exception.</summary>
public sealed class ParserProperties
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Configuration", "Scenarios");

    private static readonly string[] Words =
    [
        "containerConfigs", "settings", "_automount", "_inotify_watch", "_udev_filters", "_filter_udev_events", "_namespace", "target",
        "readOnly", "optional", "plugins", "logLevel", "socket", "command", "root", "hostUsr", "net", "restart", "properties", "parent",
        "subsystem", "Absolute", "Host", "/a", "/a/", "/b/*", "/b/[", "/b/**", "/../x", "web", "docker:*", "Debug", "always", "", "ü😀", "\n", "\0",
    ];

    private static readonly Gen<string> Text = Gen.Frequency((9, Gen.OneOf(Words)), (1, Gen.String));

    private static readonly Gen<string> Json = Gen.Recursive<string>((depth, deeper) => depth >= 6 ? Scalar : Gen.Frequency(
        (1, Scalar),
        (1, deeper.Array[0, 4].Select(items => $"[{string.Join(",", items)}]")),
        (4, Gen.Select(Text, deeper).Array[0, 5].Select(m => $"{{\n{string.Join(",\n", m.Select(p => $"{Quote(p.Item1)}: {p.Item2}"))}\n}}"))));

    private static readonly Gen<byte[]> Damaged =
        from name in Gen.OneOf(Directory.GetFiles(Folder, "*.conf").Order().ToArray())
        from at in Gen.Double.Unit
        from take in Gen.Int[0, 3]
        from put in Gen.Frequency((1, Gen.Byte.Array[0, 3]), (3, Gen.OneOf("{", "}", "\"", ",", ":", "[", "]", "\\", "/*", "//", "\n", "\\u")
            .Select(Encoding.UTF8.GetBytes)))
        select Damage(File.ReadAllBytes(name), at, take, put);

    private static Gen<string> Scalar => Gen.Frequency(
        (6, Text.Select(Quote)),
        (3, Gen.OneOf("null", "true", "false")),
        (1, Gen.Double.Select(d => double.IsFinite(d) ? JsonSerializer.Serialize(d) : "0")));

    [Fact]
    public void Json_of_any_shape() => Json.Sample(json => Check(Encoding.UTF8.GetBytes(json)), iter: 1_000);

    [Fact]
    public void Bytes_of_any_kind() => Gen.Byte.Array[0, 60].Sample(Check, iter: 3_000);

    [Fact]
    public void A_scenario_with_a_slip_of_the_hand() => Damaged.Sample(Check, iter: 3_000);

    [Theory]
    [InlineData("seed")]
    [InlineData("all-keys")]
    [InlineData("columns-are-characters")]
    public void A_file_cut_off_anywhere(string name)
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(Folder, name + ".conf"));
        for (int length = 0; length < whole.Length; length++)
        {
            Check(whole[..length]);
        }
    }

    [Fact]
    public void A_misspelled_key_is_found_where_it_stands()
    {
        string whole = File.ReadAllText(Path.Combine(Folder, "all-keys.conf"));
        string[] keys = ["_automount", "_inotify_watch", "_namespace", "readOnly", "restart", "devtype", "unmountOnExit", "logLevel"];
        Gen.Select(Gen.OneOf(keys), Gen.Int[0, 4], Gen.Int[0, 30]).Sample((key, lines, spaces) =>
        {
            int at = whole.IndexOf($"\"{key}\"", StringComparison.Ordinal);
            string wrong = whole[..at] + new string('\n', lines) + new string(' ', spaces) + $"\"{key}x\"" + whole[(at + key.Length + 2)..];
            int offset = wrong.IndexOf($"\"{key}x\"", StringComparison.Ordinal);
            string[] before = wrong[..offset].Split('\n');

            ConfigurationError error = Assert.Single(ConfigurationParser.Parse(Encoding.UTF8.GetBytes(wrong), "f").Errors);

            Assert.Equal((before.Length, before[^1].Length + 1), (error.Position!.Value.Line, error.Position.Value.Column));
            Assert.Equal($"did you mean \"{key}\"?", error.Hint);
        });
    }

    private static void Check(byte[] content)
    {
        ConfigurationResult result = ConfigurationParser.Parse(content, "f");
        Assert.Equal(result.Configuration is null, result.Errors.Length > 0);
        AssertInside(content, result.Errors);
        Assert.All(result.Errors, e => Assert.DoesNotContain(e.ToString(), c => char.IsControl(c)));
    }

    private static void AssertInside(byte[] content, ImmutableArray<ConfigurationError> errors)
    {
        string[] lines = Encoding.UTF8.GetString(content).TrimStart('\uFEFF').Split('\n');
        foreach (ConfigurationError error in errors)
        {
            Assert.NotNull(error.Position);
            Assert.InRange(error.Position.Value.Line, 1, lines.Length);
            // Bytes that are not UTF-8 decode to as many characters as there are bytes, or fewer.
            Assert.InRange(error.Position.Value.Column, 1, lines[error.Position.Value.Line - 1].EnumerateRunes().Count() + 1);
        }
    }

    private static byte[] Damage(byte[] whole, double at, int take, byte[] put)
    {
        int start = (int)(at * whole.Length);
        return [.. whole[..start], .. put, .. whole[Math.Min(whole.Length, start + take)..]];
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
