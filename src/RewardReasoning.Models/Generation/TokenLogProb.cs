namespace RewardReasoning.Models.Generation;

/// <summary>A token and its log-probability at temperature 1, before anything was cut from the distribution.</summary>
/// <param name="Id">The token.</param>
/// <param name="LogProb">Natural logarithm.</param>
internal readonly record struct TokenLogProb(int Id, float LogProb);
