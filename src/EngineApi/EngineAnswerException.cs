namespace ContainerManager.EngineApi;

/// <summary>The engine was reached, and gave no answer, or none that can be used: to this question. The connection may be well.</summary>
/// <param name="reason">For a person to read.</param>
/// <param name="cause">How it showed.</param>
internal sealed class EngineAnswerException(string reason, Exception cause) : IOException(reason, cause);
