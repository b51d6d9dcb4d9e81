namespace RewardReasoning.Data.Export.Trl;

/// <summary>The shapes in which TRL reads preference data (its "explicit" and "implicit" prompts, conversational and standard).</summary>
public enum TrlShape
{
    /// <summary>
    /// <c>prompt</c>, <c>chosen</c>, <c>rejected</c> as lists of messages; the last two hold the assistant's reply alone.
    /// </summary>
    Messages,

    /// <summary><c>prompt</c>, <c>chosen</c>, <c>rejected</c> as strings.</summary>
    Text,

    /// <summary><c>chosen</c>, <c>rejected</c> as whole conversations with a common beginning.</summary>
    ImplicitMessages,

    /// <summary><c>chosen</c>, <c>rejected</c> as strings with a common beginning.</summary>
    ImplicitText,
}
