namespace ContainerManager.Host.Control;

/// <summary>The control socket could not be had. The message says why, and what to do.</summary>
internal sealed class ControlSocketException(string message, Exception? inner = null) : Exception(message, inner);
