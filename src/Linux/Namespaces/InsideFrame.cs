namespace ContainerManager.Linux.Namespaces;

/// <summary>Everything that an <see cref="InsideRoutines"/> routine needs, filled before, and what came of it, read after.</summary>
internal unsafe struct InsideFrame
{
    /// <summary>Our mount namespace, root directory, and <c>/proc/self/fd</c>, all opened in our own namespace.</summary>
    internal int OwnNamespace;
    internal int OwnRoot;
    internal int OwnDescriptors;

    /// <summary>The container's mount namespace.</summary>
    internal int ContainerNamespace;

    /// <summary>The clone to put there; unused by detach; what a routine that clones returns.</summary>
    internal int Tree;

    /// <summary>Where, O_PATH. For swap and detach: the root of the mount to take away.</summary>
    internal int Target;

    /// <summary>The decimal form of <see cref="Target"/>, to name it beneath <see cref="OwnDescriptors"/>; when cloning, a name in the namespace's root.</summary>
    internal fixed byte TargetName[12];

    /// <summary>Mounts beneath come along when cloning.</summary>
    internal bool Recursive;

    /// <summary>0, or the errno of the call that failed.</summary>
    internal int Error;

    /// <summary>Which call failed.</summary>
    internal InsideCall FailedCall;

    /// <summary>The thread could not return to our namespace. The process must not go on.</summary>
    internal bool Stranded;
}

/// <summary>The calls made inside, for the message when one fails.</summary>
internal enum InsideCall
{
    None,
    Unshare,
    Enter,
    Attach,
    AttachBeneath,
    Unmount,
    Clone,
}
