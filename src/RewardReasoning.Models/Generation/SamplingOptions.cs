namespace RewardReasoning.Models.Generation;

/// <summary>
/// How the tokens of one request are drawn: temperature, then the most probable k, then the nucleus, then the share of the best.
/// </summary>
internal sealed record SamplingOptions
{
    /// <summary>Logits divided by less would not stay finite.</summary>
    public const float LeastTemperature = 1e-30f;

    /// <summary>Always the most probable token.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>Divides the logits; 0 takes the most probable token.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Only the k most probable tokens can be drawn; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the smallest set of most probable tokens that holds this share of the probability can be drawn; 1 for all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Only tokens at least this share as probable as the best one can be drawn; 0 for all.</summary>
    public float MinP { get; init; }

    /// <summary>
    /// Above 1, tokens that the prompt or the completion holds already become less likely: a positive logit is divided by it, a negative
    /// one multiplied (arXiv 1909.05858, as transformers and vLLM do). 1 for none. It changes the reported log-probs too.
    /// </summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Together with the place of a token it decides every draw, whatever else is in the batch.</summary>
    public ulong Seed { get; init; }

    /// <summary>Checks the options as a whole.</summary>
    /// <exception cref="ArgumentException">Names every fault.</exception>
    public void Validate()
    {
        List<string> faults = [];
        Check(
            Temperature == 0 || (Temperature >= LeastTemperature && float.IsFinite(Temperature)),
            FormattableString.Invariant($"Temperature is {Temperature}; it is 0 (greedy) or at least {LeastTemperature}.")
        );
        Check(TopK >= 0, FormattableString.Invariant($"TopK is {TopK}; it is at least 1, or 0 for all tokens."));
        Check(TopP is > 0 and <= 1, FormattableString.Invariant($"TopP is {TopP}; it is above 0 and at most 1 (all tokens)."));
        Check(MinP is >= 0 and <= 1, FormattableString.Invariant($"MinP is {MinP}; it is 0 (all tokens) to 1."));
        Check(
            RepetitionPenalty > 0 && float.IsFinite(RepetitionPenalty),
            FormattableString.Invariant($"RepetitionPenalty is {RepetitionPenalty}; it is above 0, 1 for none.")
        );
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", faults));
        }

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
