namespace ContainerManager.Abstractions;

/// <summary>A user and a group, by the ids that they have inside the container.</summary>
/// <param name="User">User id inside.</param>
/// <param name="Group">Group id inside.</param>
public readonly record struct FileOwner(uint User, uint Group)
{
    /// <summary><c>UID:GID</c></summary>
    public override string ToString() => $"{User}:{Group}";
}
