namespace RewardReasoning.Server.Http;

/// <summary>
/// An answer that had begun cannot be completed. The connection is closed after what was written and before the answer's end, so that its
/// reader can tell.
/// </summary>
internal sealed class BrokenAnswerException(Exception cause) : Exception(cause.Message, cause);
