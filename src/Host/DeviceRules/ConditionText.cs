using ContainerManager.Host.Configuration;

namespace ContainerManager.Host.DeviceRules;

/// <summary>A condition as a person would say it.</summary>
internal static class ConditionText
{
    internal static string Of(DeviceCondition condition)
    {
        string?[] parts =
        [
            Part("subsystem", condition.Subsystem),
            Part("devtype", condition.DeviceType),
            Part("devnode", condition.DeviceNode),
            Part("tag", condition.Tag),
            Part("vendor", condition.Vendor),
            Part("product", condition.Product),
            Part("serial", condition.Serial),
            .. condition.Properties.Select(property => Part(property.Key, property.Value)),
            condition.Parent is { } parent ? $"parent({Of(parent)})" : null,
        ];
        return string.Join(' ', parts.Where(part => part is not null));
    }

    private static string? Part(string member, string? value) => value is null ? null : $"{member}={value}";
}
