using System.Collections.Frozen;

namespace RewardReasoning.Models;

/// <summary>
/// What chat options and responses have no member for, as keys of their <c>AdditionalProperties</c>: the same names as those of the judge,
/// which this library does not know.
/// </summary>
internal static class ChatKeys
{
    public const string Supported = "chat_option_keys";
    public const string ModelIdentity = "model_identity";

    public const string Prefill = "prefill";
    public const string AllowedNextTokens = "allowed_next_tokens";
    public const string LogProbs = "logprobs";
    public const string LogProbsOfAnswer = "logprobs_of_answer";
    public const string ThinkingBudget = "thinking_budget";
    public const string ThinkingStub = "thinking_stub";
    public const string ThinkingStubChoices = "thinking_stub_choices";
    public const string MinP = "min_p";
    public const string Seed = "seed";

    public const string ReasoningClosed = "reasoning_closed";
    public const string ThinkingForced = "thinking_forced";
    public const string TokenTexts = "token_texts";
    public const string TokenLogProbs = "token_logprobs";
    public const string TokenTopLogProbs = "token_top_logprobs";

    public const string PromptTokens = "prompt_tokens";
    public const string ContextTokens = "context_tokens";

    public static FrozenSet<string> Honoured { get; } =
        FrozenSet.Create(
            StringComparer.Ordinal,
            Prefill,
            AllowedNextTokens,
            LogProbs,
            LogProbsOfAnswer,
            ThinkingBudget,
            ThinkingStub,
            ThinkingStubChoices,
            MinP,
            Seed
        );
}
