namespace RewardReasoning.Models.Generation;

/// <summary>The logits of one step, from which sequences choose their next tokens.</summary>
internal interface IStepLogits
{
    /// <summary>The next token of a sequence.</summary>
    TokenLogProb Choose(int row, Sequence sequence);

    /// <summary>The most probable tokens of a row, best first.</summary>
    TokenLogProb[] Top(int row, int count);
}
