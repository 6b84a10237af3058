using System.Collections.Immutable;
using System.Text;

namespace ContainerManager.Host.Udev;

/// <summary>A file of the udev database (systemd, libsystemd/sd-device/sd-device.c): one line for each thing that udev's rules said.</summary>
internal sealed record DatabaseRecord
{
    /// <summary><c>S:</c>, links beneath /dev, without <c>/dev/</c>.</summary>
    internal ImmutableArray<string> Links { get; init; } = [];

    /// <summary><c>L:</c>, which of several devices gets a link; the highest.</summary>
    internal int LinkPriority { get; init; }

    /// <summary><c>I:</c>, when it was initialised: microseconds of the clock that runs since the boot.</summary>
    internal string? Initialised { get; init; }

    /// <summary><c>E:</c>, properties beyond those of the kernel.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Properties { get; init; } = [];

    /// <summary><c>G:</c>, all tags that it ever had.</summary>
    internal ImmutableArray<string> Tags { get; init; } = [];

    /// <summary><c>Q:</c>, the tags that it has now.</summary>
    internal ImmutableArray<string> CurrentTags { get; init; } = [];

    /// <summary>Reads a file; lines of kinds that are not known are passed over, as libudev does.</summary>
    internal static DatabaseRecord Read(ReadOnlySpan<byte> content)
    {
        ImmutableArray<string>.Builder links = ImmutableArray.CreateBuilder<string>(), tags = ImmutableArray.CreateBuilder<string>(),
            current = ImmutableArray.CreateBuilder<string>();
        ImmutableArray<KeyValuePair<string, string>>.Builder properties = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        int priority = 0;
        string? initialised = null;
        foreach (string line in Encoding.UTF8.GetString(content).Split('\n'))
        {
            if (line.Length < 3 || line[1] != ':')
            {
                continue;
            }

            string value = line[2..];
            switch (line[0])
            {
                case 'S': links.Add(value); break;
                case 'L': _ = int.TryParse(value, out priority); break;
                case 'I': initialised = value; break;
                case 'G': tags.Add(value); break;
                case 'Q': current.Add(value); break;
                case 'E' when value.IndexOf('=') is > 0 and int equals: properties.Add(new(value[..equals], value[(equals + 1)..])); break;
            }
        }

        return new DatabaseRecord
        {
            Links = links.DrainToImmutable(),
            LinkPriority = priority,
            Initialised = initialised,
            Properties = properties.DrainToImmutable(),
            Tags = tags.DrainToImmutable(),
            CurrentTags = current.DrainToImmutable(),
        };
    }
}
