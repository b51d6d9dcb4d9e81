namespace RewardReasoning.Training.Grpo;

/// <summary>How per-token losses become one number. The names are verl's loss_agg_mode.</summary>
public enum LossAggregation
{
    /// <summary>Sum over the tokens of the batch / their number (DAPO; verl's default).</summary>
    TokenMean,

    /// <summary>Sum over the tokens of the batch.</summary>
    TokenSum,

    /// <summary>Mean over the sequences of their token sums.</summary>
    SequenceMeanTokenSum,

    /// <summary>Mean over the sequences of their token sums / one fixed length (Dr.GRPO), so that no length is favoured.</summary>
    SequenceMeanTokenSumNorm,

    /// <summary>Mean over the sequences of their token means (the original GRPO).</summary>
    SequenceMeanTokenMean,
}
