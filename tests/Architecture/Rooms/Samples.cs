#pragma warning disable CA1812, CA1852, CS0649, CS0169, CA1823 // Only looked at, never run.
namespace ContainerManager.Tests.Architecture.Rooms.Samples.Cellar
{
    internal class Wine
    {
        internal static int Count => 0;

        internal Kitchen.Door? Way { get; set; }
    }
}

namespace ContainerManager.Tests.Architecture.Rooms.Samples.Kitchen
{
    internal sealed class Door;

    internal sealed class FieldUser
    {
        internal Cellar.Wine[]? Bottles;
    }

    internal interface ArgumentUser
    {
        void Pour(Cellar.Wine wine);
    }

    internal static class BodyUser
    {
        internal static int Count() => Cellar.Wine.Count;
    }

    internal static class LambdaUser
    {
        internal static Func<object> Make() => () => new Cellar.Wine();
    }

    internal static class GenericUser
    {
        internal static object Make() => Array.Empty<Cellar.Wine>();
    }

    internal sealed class BaseUser : Cellar.Wine;

    internal static class Impure
    {
        internal static bool Exists(string path) => File.Exists(path);
    }
}

namespace ContainerManager.Tests.Architecture.Rooms.Samples.Attic
{
    internal sealed class Box;
}
#pragma warning restore CA1812, CA1852, CS0649, CS0169, CA1823
