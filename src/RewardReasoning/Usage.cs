using System.Numerics;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace RewardReasoning;

/// <summary>What completions cost. A count that a model did not report is null (or 0 where every server has it).</summary>
[JsonConverter(typeof(JudgmentJson))]
public sealed record Usage
{
    /// <summary>Nothing spent.</summary>
    public static Usage None { get; } = new();

    /// <summary>Tokens read by the model, those from a cache included.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Prompt tokens that came from a prefix cache; null when not reported.</summary>
    public long? CachedTokens { get; init; }

    /// <summary>Generated tokens of reasoning; null when not reported.</summary>
    public long? ReasoningTokens { get; init; }

    /// <summary>All generated tokens, reasoning included.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Time from asking to the last token: of one completion, or on a judgment from its start to its end.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Completions that came from a store. Their tokens are counted above as ever, and were not spent now.</summary>
    public long KeptCompletions { get; init; }

    /// <summary>Of <see cref="PromptTokens"/>, those of kept completions.</summary>
    public long KeptPromptTokens { get; init; }

    /// <summary>Of <see cref="OutputTokens"/>, those of kept completions.</summary>
    public long KeptOutputTokens { get; init; }

    /// <summary>Completions of which the model reported no tokens, so that the counts above are too low by them.</summary>
    public long UnreportedCompletions { get; init; }

    /// <summary>
    /// What the tokens cost, in the currency of the prices; null without prices, and where the tokens of a completion are not known.
    /// </summary>
    public decimal? Cost { get; init; }

    /// <summary>Of <see cref="Cost"/>, what kept completions had cost before; null without prices.</summary>
    public decimal? KeptCost { get; init; }

    /// <summary>What a chat client reported, with the time that the caller measured.</summary>
    public static Usage From(UsageDetails? details, TimeSpan elapsed) =>
        new()
        {
            PromptTokens = details?.InputTokenCount ?? 0,
            CachedTokens = details?.CachedInputTokenCount,
            ReasoningTokens = details?.ReasoningTokenCount,
            OutputTokens = details?.OutputTokenCount ?? 0,
            UnreportedCompletions = details is { InputTokenCount: not null, OutputTokenCount: not null } ? 0 : 1,
            Elapsed = elapsed,
        };

    /// <summary>Both together; times add up too.</summary>
    public static Usage operator +(Usage left, Usage right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (ReferenceEquals(left, None) || ReferenceEquals(right, None))
        {
            return ReferenceEquals(left, None) ? right : left;
        }

        long unreported = left.UnreportedCompletions + right.UnreportedCompletions;
        return new()
        {
            PromptTokens = left.PromptTokens + right.PromptTokens,
            CachedTokens = Sum(left.CachedTokens, right.CachedTokens),
            ReasoningTokens = Sum(left.ReasoningTokens, right.ReasoningTokens),
            OutputTokens = left.OutputTokens + right.OutputTokens,
            Elapsed = left.Elapsed + right.Elapsed,
            KeptCompletions = left.KeptCompletions + right.KeptCompletions,
            KeptPromptTokens = left.KeptPromptTokens + right.KeptPromptTokens,
            KeptOutputTokens = left.KeptOutputTokens + right.KeptOutputTokens,
            UnreportedCompletions = unreported,
            Cost = unreported > 0 ? null : Sum(left.Cost, right.Cost),
            KeptCost = unreported > 0 ? null : Sum(left.KeptCost, right.KeptCost),
        };
    }

    /// <summary>The same for a completion that came from a store.</summary>
    public Usage AsKept() => this with { KeptCompletions = 1, KeptPromptTokens = PromptTokens, KeptOutputTokens = OutputTokens };

    /// <summary>The same with its cost; without one if there are no prices.</summary>
    public Usage Priced(TokenPrices? prices)
    {
        decimal? cost = prices?.CostOf(this);
        return prices is null || UnreportedCompletions > 0 ? this : this with { Cost = cost, KeptCost = KeptCompletions > 0 ? cost : 0 };
    }

    /// <summary>Both together; the method form of the operator.</summary>
    public static Usage Add(Usage left, Usage right) => left + right;

    private static T? Sum<T>(T? left, T? right)
        where T : struct, INumber<T> =>
        left is null ? right
        : right is null ? left
        : left + right;
}
