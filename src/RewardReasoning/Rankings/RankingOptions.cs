using RewardReasoning.Ratings;
using RewardReasoning.Recipes;

namespace RewardReasoning.Rankings;

/// <summary>How a <see cref="Ranker"/> ranks.</summary>
public sealed record RankingOptions : ICheckedOptions
{
    /// <summary>The most candidates that meet in a full round robin where no mode is named.</summary>
    internal const int RoundRobinLimit = 8;

    private const int ActiveMatchesPerCandidate = 3;

    /// <summary>How candidates meet.</summary>
    /// <value>null: every pair for up to 8 distinct candidates, else <see cref="RankingMode.Active"/> for the best.</value>
    public RankingMode? Mode { get; init; }

    /// <summary>The most matches.</summary>
    /// <value>null: as many as the mode has; 3 a candidate for <see cref="RankingMode.Active"/> where tokens are not limited either. At
    /// least 1.</value>
    public int? MaxMatches { get; init; }

    /// <summary>
    /// The most tokens, read and written. The cost of a match is not known before it is played: it is estimated from the matches before, so
    /// the
    /// sum may go beyond this by what the last matches cost more than those.
    /// </summary>
    /// <value>null (no limit), else at least 1.</value>
    public long? MaxTokens { get; init; }

    /// <summary>How ratings are computed.</summary>
    /// <value><see cref="RatingMethod.BradleyTerry"/>.</value>
    public RatingMethod Method { get; init; } = RatingMethod.BradleyTerry;

    /// <summary>Weight of the prior of Bradley-Terry strengths: the higher, the closer together the ratings of few matches.</summary>
    /// <value>0.01, above 0.</value>
    public double Lambda { get; init; } = BradleyTerry.DefaultLambda;

    /// <summary>What rewards are made of.</summary>
    /// <value>null: <see cref="RewardKind.WinProbability"/> with Bradley-Terry, <see cref="RewardKind.Elo"/> with Elo.</value>
    public RewardKind? Reward { get; init; }

    /// <summary>Whether rewards are standardised: the mean subtracted, divided by the standard deviation.</summary>
    /// <value>false.</value>
    public bool StandardiseRewards { get; init; }

    /// <summary>
    /// Gives a response's final answer, or null where it has none. Responses with the same answer are one candidate, and one of them is
    /// judged for all.
    /// </summary>
    /// <value>null: only responses with the same text are one candidate.</value>
    public Func<string, string?>? FinalAnswer { get; init; }

    /// <summary>What brackets, draws and orders of matches follow from.</summary>
    /// <value>42.</value>
    public long Seed { get; init; } = 42;

    /// <summary>Matches of one ranking that run at once; the judge may limit its requests further.</summary>
    /// <value>64, at least 1.</value>
    public int Concurrency { get; init; } = 64;

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] faults =
        [
            .. MaxMatches is < 1 ? [$"{names[nameof(MaxMatches)]} is {MaxMatches}; it is at least 1."] : Array.Empty<string>(),
            .. MaxTokens is < 1 ? [$"{names[nameof(MaxTokens)]} is {MaxTokens}; it is at least 1."] : Array.Empty<string>(),
            .. !(Lambda > 0) || !double.IsFinite(Lambda)
                ? [FormattableString.Invariant($"{names[nameof(Lambda)]} is {Lambda}; it is above 0.")]
                : Array.Empty<string>(),
            .. Concurrency < 1 ? [$"{names[nameof(Concurrency)]} is {Concurrency}; it is at least 1."] : Array.Empty<string>(),
            .. Reward == RewardKind.WinProbability && Method == RatingMethod.Elo
                ? [$"{names[nameof(Reward)]} is WinProbability, which needs Bradley-Terry strengths, and {names[nameof(Method)]} is Elo."]
                : Array.Empty<string>(),
            .. Reward == RewardKind.Elo && Method != RatingMethod.Elo
                ? [$"{names[nameof(Reward)]} is Elo, and {names[nameof(Method)]} is BradleyTerry; Elo rewards need Elo ratings."]
                : Array.Empty<string>(),
        ];
        return faults;
    }

    /// <summary>The mode for a number of distinct candidates.</summary>
    internal RankingMode ModeFor(int candidates) =>
        Mode switch
        {
            null => candidates <= RoundRobinLimit ? new RankingMode.RoundRobin() : new RankingMode.Active(),
            RankingMode.Swiss { Rounds: null } when MaxMatches is not null || MaxTokens is not null => new RankingMode.Swiss(
                Math.Max(1, candidates)
            ),
            _ => Mode,
        };

    /// <summary>The most matches for a number of distinct candidates; null where only the mode or the tokens end it.</summary>
    internal int? MatchesFor(int candidates) =>
        MaxMatches ?? (ModeFor(candidates) is RankingMode.Active && MaxTokens is null ? ActiveMatchesPerCandidate * candidates : null);
}
