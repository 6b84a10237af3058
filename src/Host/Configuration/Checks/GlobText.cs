namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Globs as in glob(7): <c>*</c>, <c>?</c> and <c>[…]</c>, where a <c>]</c> that comes first in brackets is one of them.</summary>
internal static class GlobText
{
    /// <summary>What is wrong with a glob, or with one component of a pattern of paths; null: nothing.</summary>
    internal static PathFault? FaultOf(string glob)
    {
        for (int i = 0; i < glob.Length; i++)
        {
            if (glob[i] != '[')
            {
                continue;
            }

            int first = i + 1 < glob.Length && glob[i + 1] is '!' or '^' ? i + 2 : i + 1;
            i = first + 1 < glob.Length ? glob.IndexOf(']', first + 1) : -1;
            if (i < 0)
            {
                return new PathFault("a \"]\" for each \"[\"", "a bracket that is part of the name is written [[]");
            }
        }

        return null;
    }
}
