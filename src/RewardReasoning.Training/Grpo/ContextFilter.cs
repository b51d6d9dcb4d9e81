using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Grpo;

/// <summary>Leaves out items whose prompt and longest completion together are longer than the model's context.</summary>
/// <param name="contextLength">Tokens of the context.</param>
/// <param name="maxTokens">Tokens of the longest completion.</param>
/// <param name="items">What the items are, such as "pair".</param>
/// <param name="count">How many items the data has.</param>
internal sealed class ContextFilter(int contextLength, int maxTokens, string items, long count)
{
    private int _shortest = int.MaxValue;
    private long _inARow;

    /// <summary>Items left out so far.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Whether all prompts of an item fit.</summary>
    /// <exception cref="RewardReasoningException">No item of the data does.</exception>
    public bool Fits(IReadOnlyList<RolloutPrompt> prompts)
    {
        int longest = prompts.Max(prompt => prompt.PromptIds.Length);
        if (longest + (long)maxTokens <= contextLength)
        {
            _inARow = 0;
            return true;
        }

        LeftOut++;
        _shortest = Math.Min(_shortest, longest);
        return ++_inARow <= 2 * count // a fitting item may be the first of an epoch and the last of the next
            ? false
            : throw new RecipeException(
                $"No {items} fits into the model's context of {contextLength} tokens: the shortest prompt has {_shortest} tokens, and "
                    + $"max_tokens is {maxTokens}. Lower max_tokens, or use a shorter prompt or {items}s."
            );
    }

    /// <summary>Requires that held-out items fit, for leaving some out would change what is measured.</summary>
    /// <exception cref="RewardReasoningException">One does not.</exception>
    public IReadOnlyList<RolloutPrompt> RequireAll(IReadOnlyList<RolloutPrompt> heldOut) =>
        heldOut.MaxBy(prompt => prompt.PromptIds.Length) is { } longest && longest.PromptIds.Length + (long)maxTokens > contextLength
            ? throw new RecipeException(
                $"A held-out {items} has a prompt of {longest.PromptIds.Length} tokens, and max_tokens is {maxTokens}; the model's "
                    + "context is "
                    + $"{contextLength} tokens. Lower max_tokens, or take the {items} out of evaluation.data."
            )
            : heldOut;
}
