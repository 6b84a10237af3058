using Mono.Cecil;

namespace ContainerManager.Tests.Architecture.Rooms;

/// <summary>Holds the code against <see cref="RoomTable"/>.</summary>
/// <param name="home">The namespace that the rooms are in.</param>
/// <param name="mayUse">As <see cref="RoomTable.MayUse"/>.</param>
/// <param name="pure">As <see cref="RoomTable.Pure"/>.</param>
internal sealed class RoomRules(string home, IReadOnlyDictionary<string, string[]> mayUse, IReadOnlyDictionary<string, string[]> pure)
{
    private const string Product = "ContainerManager.";

    internal IEnumerable<string> Offences(ModuleDefinition module) => module.AllTypes().SelectMany(Offences);

    private IEnumerable<string> Offences(TypeDefinition type)
    {
        TypeReference outer = type.Outermost();
        if (RoomOf(outer) is not { } room)
        {
            return [];
        }

        return mayUse.TryGetValue(room, out string[]? allowed)
            ? TypeUse.Of(type).Select(used => Offence(outer, room, allowed, used.Outermost())).OfType<string>()
            : [$"{outer.FullName} is in a room that the table does not know: {room}"];
    }

    private string? Offence(TypeReference user, string room, string[] allowed, TypeReference used)
    {
        if (PlaceOf(used) is { } place)
        {
            return place == room || allowed.Contains("*") || allowed.Contains(place) || allowed.Contains($"{place}.{used.Name}")
                ? null
                : $"{room} must not use {place}.{used.Name} ({user.FullName})";
        }

        return pure.TryGetValue(room, out string[]? impure) && impure.Any(prefix => used.FullName.StartsWith(prefix, StringComparison.Ordinal))
            ? $"{room} is pure and must not use {used.FullName} ({user.FullName})"
            : null;
    }

    /// <summary>The room that a type of the host stands in; null for generated code and for other projects.</summary>
    private string? RoomOf(TypeReference type) =>
        type.Namespace.Length == 0 ? type.Name.StartsWith('<') ? null : "Composition"
        : type.Namespace == home ? "Composition"
        : type.Namespace.StartsWith(home + ".", StringComparison.Ordinal) ? type.Namespace[(home.Length + 1)..].Split('.')[0]
        : null;

    /// <summary>The room, or the project (<c>Linux</c>), that a used type stands in; null for what is not ours.</summary>
    private string? PlaceOf(TypeReference type) =>
        type.Namespace.StartsWith(home, StringComparison.Ordinal) ? RoomOf(type)
        : type.Namespace.StartsWith(Product, StringComparison.Ordinal) ? type.Namespace[Product.Length..].Split('.')[0]
        : null;
}
