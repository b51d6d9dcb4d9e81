namespace RewardReasoning.Data.Preferences;

/// <summary>The shapes in which TRL's trainers take preference pairs (its "explicit" and "implicit" prompts, standard and conversational).</summary>
public enum PreferenceShape
{
    /// <summary><c>prompt</c>, <c>chosen</c>, <c>rejected</c> as lists of messages; chosen and rejected are the reply alone.</summary>
    Messages,

    /// <summary>The same as texts.</summary>
    Text,

    /// <summary><c>chosen</c> and <c>rejected</c> as whole conversations.</summary>
    ImplicitMessages,

    /// <summary><c>chosen</c> and <c>rejected</c> as texts that both begin with the query.</summary>
    ImplicitText,
}
