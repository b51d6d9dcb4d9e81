using System.Text.Json.Serialization;
using RewardReasoning.Ratings;

namespace RewardReasoning;

/// <summary>How a draw between the two responses was decided.</summary>
public enum DrawBreak
{
    /// <summary>There was no draw.</summary>
    None,

    /// <summary>By the mean log-odds at the verdict tokens.</summary>
    LogOdds,

    /// <summary>By votes beyond the number that was asked for.</summary>
    FurtherVotes,

    /// <summary>By a coin that falls the same way for the same query and pair of responses, whatever their numbering.</summary>
    Coin,
}

/// <summary>Why no further votes were asked for.</summary>
public enum VotingEnd
{
    /// <summary>All votes that could be asked for were.</summary>
    AllVotes,

    /// <summary>Those not asked for could not have changed the outcome.</summary>
    Certain,

    /// <summary>The confidence that was asked for was reached.</summary>
    Confident,

    /// <summary>The budget over all comparisons went to others.</summary>
    Budget,
}

/// <summary>The votes of one comparison and what follows from them, numbered as the caller numbers the responses.</summary>
[JsonConverter(typeof(JudgmentJson))]
public sealed record Judgment
{
    /// <summary>
    /// The preferred response, <see cref="Verdict.First"/> or <see cref="Verdict.Second"/>; null when every vote is missing, and when the
    /// judge abstained (<see cref="Outcome"/>).
    /// </summary>
    public required Verdict? Preferred { get; init; }

    /// <summary>
    /// Share of the votes with a verdict that went to the preferred response; null when every vote is missing. Of a judge without votes the
    /// share that is to be expected, which is its <see cref="Confidence"/>.
    /// </summary>
    public double? VoteShare { get; init; }

    /// <summary>
    /// Probability, under a Beta(1,1) prior, that the preferred response gets more than half of this judge's votes: 0.75 after one vote,
    /// 0.5 on a draw. Of a judge without votes, the probability of its own model. Not calibrated against labels. Null when every vote is
    /// missing.
    /// </summary>
    public double? Confidence { get; init; }

    /// <summary>
    /// How often judgments of such a <see cref="Confidence"/> are right, by a fit to labelled pairs. Null without a fit for this model and
    /// these settings, and when every vote is missing.
    /// </summary>
    public double? CalibratedConfidence { get; init; }

    /// <summary>
    /// The judge's bias to the response shown first, from -0.5 to 0.5: half the sum of the shares of such votes in either
    /// order, less one half. Null unless votes of both orders have a verdict.
    /// </summary>
    public double? PositionBias { get; init; }

    /// <summary>How a draw was decided, if there was one.</summary>
    public DrawBreak DrawBrokenBy { get; init; }

    /// <summary>How many votes could be asked for, in completions, before those that a draw costs; 0 for a judge without votes.</summary>
    public int MaxVotes { get; init; }

    /// <summary>Why no further votes were asked for: anything but <see cref="VotingEnd.AllVotes"/> means that voting ended early.</summary>
    public VotingEnd EndedBy { get; init; }

    /// <summary>All votes, missing ones included, in the order of their index.</summary>
    public required IReadOnlyList<Vote> Votes { get; init; }

    /// <summary>Tokens of all draws, and the time from the start of the judgment to its end.</summary>
    public required Usage Usage { get; init; }

    /// <summary>The model's name as its client gives it.</summary>
    public required string Model { get; init; }

    /// <summary>
    /// The response that the judge would have preferred where it abstained (<c>JudgeOptions.Abstain</c>): confidence, vote share and
    /// uncertainty are those of this response. Null where it did not abstain.
    /// </summary>
    public Verdict? Withheld { get; init; }

    /// <summary>
    /// Whether the judge called a tie, as it may where <c>JudgeOptions.Ties</c> is set; vote share and confidence are those of the tie.
    /// </summary>
    public bool IsTie { get; init; }

    /// <summary>
    /// What each criterion says, as JSON, where two responses were judged by criteria (docs/criteria.md); null elsewhere.
    /// </summary>
    internal System.Text.Json.JsonElement? Criteria { get; init; }

    /// <summary>
    /// Where a first stage is asked before the judge (<c>ScreenedJudge</c>), whether it decided; else the judge did. Null where there is
    /// one stage.
    /// </summary>
    public bool? IsScreened { get; init; }

    internal static readonly IReadOnlyDictionary<string, Judgment> NoMembers = new Dictionary<string, Judgment>();

    /// <summary>
    /// What each member of a jury said, by its name, in the order of the jury; empty where one judge judged. A member that failed has no
    /// preference and a <see cref="MissingReason"/>: it is missing, which is no vote.
    /// </summary>
    public IReadOnlyDictionary<string, Judgment> Members { get; init; } = NoMembers;

    /// <summary>How the comparison ended.</summary>
    public MatchOutcome Outcome =>
        (Preferred, Withheld) switch
        {
            (Verdict.First, _) => MatchOutcome.First,
            (Verdict.Second, _) => MatchOutcome.Second,
            (_, not null) => MatchOutcome.Abstained,
            _ when IsTie => MatchOutcome.Tie,
            _ => MatchOutcome.Missing,
        };

    /// <summary>
    /// How unsure the judge is, in bits from 0 to 1: the entropy of its probability for the preferred response, averaged over both orders,
    /// from log-probs at the verdict tokens where all votes have them, else from the votes (arXiv 2602.13110). Null where every vote is
    /// missing.
    /// </summary>
    public double? Uncertainty =>
        (Preferred ?? Withheld) is not { } response ? null
        : Votes.Any(vote => vote.Verdict != Verdict.Unparsable) ? PreferenceEntropy.Of(Votes, response)
        : Confidence is { } confidence ? PreferenceEntropy.Of(confidence)
        : null;

    /// <summary>Why there is no preferred response; null when there is one.</summary>
    public string? MissingReason { get; init; }

    /// <summary>
    /// The judgment of a scalar reward model: the higher score wins, with the Bradley-Terry probability of the scores as its confidence.
    /// </summary>
    /// <param name="comparison">What was scored.</param>
    /// <param name="first">Score of the first response.</param>
    /// <param name="second">Score of the second.</param>
    /// <param name="usage">What the scores cost.</param>
    /// <param name="model">The model's name.</param>
    public static Judgment OfScores(Comparison comparison, double first, double second, Usage usage, string model)
    {
        const int CoinBit = 1;
        double ahead = first - second;
        bool draw = ahead == 0;
        double confidence = 1 / (1 + Math.Exp(-Math.Abs(ahead)));
        return new Judgment
        {
            Preferred =
                draw ? ComparisonHash.PickOne(comparison, CoinBit)
                : ahead > 0 ? Verdict.First
                : Verdict.Second,
            VoteShare = confidence,
            Confidence = confidence,
            DrawBrokenBy = draw ? DrawBreak.Coin : DrawBreak.None,
            Votes = [],
            Usage = usage,
            Model = model,
            Warnings = draw ? ["The two responses have the same score; the preference between them is a coin's."] : [],
        };
    }

    /// <summary>What makes this judgment less trustworthy than its numbers, a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
