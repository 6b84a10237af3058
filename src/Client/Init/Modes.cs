namespace ContainerManager.Client.Init;

/// <summary>Permission bits, which C# cannot write in octal.</summary>
internal static class Modes
{
    /// <summary>0755</summary>
    internal const uint Directory = 0b111_101_101;

    /// <summary>0700</summary>
    internal const uint Private = 0b111_000_000;

    /// <summary>1777</summary>
    internal const uint Sticky = 0b1_111_111_111;

    /// <summary>022, a mask.</summary>
    internal const uint UsualMask = 0b010_010;
}
