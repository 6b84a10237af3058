using System.Net;

namespace ContainerManager.EngineApi;

/// <summary>The engine was reached, and gave no answer, or none that can be used: to this question. The connection may be well.</summary>
/// <param name="reason">For a person to read.</param>
/// <param name="cause">How it showed; null: in what it said.</param>
internal sealed class EngineAnswerException(string reason, Exception? cause = null) : IOException(reason, cause)
{
    /// <summary>Of an answer that says no; null: there was none, or it cannot be read.</summary>
    internal HttpStatusCode? Status { get; init; }
}
