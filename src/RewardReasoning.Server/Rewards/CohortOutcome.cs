using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Server.Rewards;

/// <summary>
/// What the members of a closed cohort earned. All that it is made of has ended and changes no more, so that it needs no gate.
/// </summary>
/// <param name="Settings">How the cohort was judged.</param>
/// <param name="Size">How many members were expected.</param>
/// <param name="Arrived">How many came.</param>
/// <param name="Candidates">How many different responses there were, references included.</param>
/// <param name="Matches">The matches between them.</param>
internal sealed record CohortOutcome(CohortSettings Settings, int Size, int Arrived, int Candidates, IReadOnlyList<CohortMatch> Matches)
{
    /// <summary>The failure of everybody; null where the matches decide.</summary>
    public RewardFailure? Failure { get; init; }

    /// <summary>The answers of members.</summary>
    /// <param name="members">Each with its candidate (−1: it never took part), and what is the same in every answer.</param>
    public Dictionary<int, RewardAnswer> Answers(IReadOnlyList<(int Candidate, RewardAnswer Frame)> members)
    {
        Func<int, RewardAnswer, RewardAnswer> answer =
            Failure is { } failure ? (_, frame) => frame with { Failure = failure }
            : Settings.Mode == RewardMode.Scalar ? ScalarAnswer
            : GroupAnswers();
        return members.ToDictionary(
            member => member.Frame.Index ?? 0,
            member => member.Candidate < 0 ? member.Frame with { Failure = Meanwhile } : answer(member.Candidate, member.Frame)
        );
    }

    private static RewardFailure Meanwhile =>
        new(FailureClass.TimeoutCollect, RewardStage.Collect, Retryable: false, "The cohort was closed meanwhile.");

    private static RewardFailure Alone =>
        new(
            FailureClass.TooFew,
            RewardStage.Collect,
            Retryable: false,
            "The group has one member, which nothing can be compared with; raise the number of samples, or use mode scalar."
        );

    private Func<int, RewardAnswer, RewardAnswer> GroupAnswers()
    {
        if (Size == 1)
        {
            return (_, frame) => frame with { Failure = Alone };
        }

        IReadOnlyList<CandidateScore> scores = CohortTable.Of(
            Candidates,
            [.. Matches.Select(match => new MatchResult(match.First, match.Second, match.Outcome))]
        );
        RewardFailure? ofAll =
            Settings.Policy == PartialPolicy.FailGroup && (Arrived < Size || scores.Any(score => score.Reward is null))
                ? FailureOf(Matches, "Of a match") with
                {
                    Detail = "A member has no reward, and the policy is fail_group.",
                }
                : null;
        return (candidate, frame) =>
        {
            CandidateScore score = scores[candidate];
            CohortMatch[] own = Of(candidate);
            return frame with
            {
                Reward = ofAll is null ? score.Reward : null,
                Rank = ofAll is null ? score.Rank : null,
                Wins = score.Wins,
                Losses = score.Losses,
                Matches = own.Length,
                Failure = ofAll ?? (score.Reward is null ? FailureOf(own, "Of this response") : null),
                Usage = UsageOf(own),
            };
        };
    }

    private RewardAnswer ScalarAnswer(int candidate, RewardAnswer frame)
    {
        CohortMatch[] own = Of(candidate);
        int wins = own.Count(match => Winner(match) == candidate);
        int losses = own.Count(match => Winner(match) is { } winner && winner != candidate);
        double? reward =
            own.Length == 0 ? CohortTable.RewardOfEquals // its only reference is the same text
            : own[0].Second == CohortMatch.Nobody ? own[0].Score
            : ReferenceScore.Of(wins, losses, own.Count(match => match.Outcome == MatchOutcome.Tie));
        return frame with
        {
            Reward = reward,
            Wins = wins,
            Losses = losses,
            Matches = own.Length,
            Failure = reward is null ? FailureOf(own, "Of this response") : null,
            Usage = UsageOf(own),
        };
    }

    private CohortMatch[] Of(int candidate) => [.. Matches.Where(match => match.Has(candidate))];

    private static int? Winner(CohortMatch match) =>
        match.Outcome switch
        {
            MatchOutcome.First => match.First,
            MatchOutcome.Second => match.Second,
            _ => null,
        };

    private static RewardFailure FailureOf(IEnumerable<CohortMatch> matches, string whose)
    {
        IGrouping<FailureClass, CohortMatch>[] failures =
        [
            .. matches
                .Where(match => match.Failure is not null)
                .GroupBy(match => match.Failure ?? FailureClass.Transport)
                .OrderByDescending(group => group.Count())
                .ThenBy(group => group.Key),
        ];
        FailureClass most = failures.Length > 0 ? failures[0].Key : FailureClass.TimeoutCollect;
        return new(
            most,
            failures.Length > 0 ? RewardStage.Judge : RewardStage.Collect,
            MatchFailure.IsRetryable(most),
            $"{whose}, no match has a winner: "
                + string.Join(", ", failures.Select(group => FormattableString.Invariant($"{group.Count()} {WordOf(group.Key)}")))
                + "."
        );
    }

    private static string WordOf(FailureClass failure) =>
        failure switch
        {
            FailureClass.TimeoutJudge => "timed out",
            FailureClass.Cut => "cut at the token limit",
            FailureClass.Unparsable => "without a readable verdict",
            FailureClass.Refused => "refused",
            FailureClass.Abstained => "abstained from",
            FailureClass.Overload => "turned away by an overloaded judge",
            _ => "failed on the way to the judge",
        };

    private static Usage UsageOf(CohortMatch[] matches) => matches.Aggregate(Usage.None, (sum, match) => sum + match.Usage);
}
