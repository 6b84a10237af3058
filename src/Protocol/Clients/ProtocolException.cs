namespace ContainerManager.Protocol;

/// <summary>The other side does not keep to the protocol. The connection is of no use any more.</summary>
public sealed class ProtocolException : IOException
{
    /// <summary>Makes one.</summary>
    /// <param name="message">What the other side did.</param>
    public ProtocolException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">What the other side did.</param>
    /// <param name="innerException">How it was noticed.</param>
    public ProtocolException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
