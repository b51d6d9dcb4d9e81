using System.Text.Json;
using RewardReasoning.Calibration;
using RewardReasoning.Judging;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Criteria;

/// <summary>
/// Judges one response or two by criteria. Checks that code does come first; a response that fails a critical one is out, and then no judge
/// is asked. Else each text is judged by itself: two responses in both orders, or each response from 1 to 5. What is missing makes the
/// total missing, never a number.
/// </summary>
internal sealed class CriteriaJudge : IJudge
{
    private const string CheckKind = "check";
    private const string PairwiseKind = "pairwise";
    private const string PointwiseKind = "pointwise";
    private const string ChoiceKind = "choice";

    private readonly OpenedJudge? _judge;
    private readonly CriteriaFile _criteria;
    private readonly Dictionary<string, ReasoningJudge> _pairwise = [];
    private readonly Dictionary<string, PointwiseJudge> _pointwise = [];

    /// <param name="judge">The judge, which stays the caller's and must be one that reasons; null where all criteria are checks.</param>
    /// <param name="criteria">What it judges by; each text has the prompt for criteria.</param>
    /// <exception cref="ArgumentException">A text needs a judge that reasons, and this is none.</exception>
    public CriteriaJudge(OpenedJudge? judge, CriteriaFile criteria)
    {
        (_judge, _criteria) = (judge, criteria);
        foreach (Criterion one in criteria.Criteria.Where(one => one.Text is not null))
        {
            if (judge is not { Client: { } client, Options: { } options })
            {
                throw new ArgumentException("Texts of criteria need a judge that reasons.", nameof(judge));
            }

            string text = one.Text ?? "";
            if (one.Choices is null)
            {
                _pairwise[one.Name] = JudgeFactory.Beside(
                    judge,
                    asked =>
                        asked with
                        {
                            Order = VoteOrder.Both,
                            FurtherVotesOnDraw = 0, // an even vote is half a point each
                            Prompt = JudgePrompt.PairwiseCriterion.WithCriterion(text),
                            Calibration = null,
                            Abstain = null,
                        }
                );
            }

            _pointwise[one.Name] = new PointwiseJudge(
                client,
                options with
                {
                    Prompt = (one.Choices is null ? JudgePrompt.PointwiseCriterion : JudgePrompt.ChoiceCriterion).WithCriterion(
                        one.Choices is null ? text : Listed(text, one.Choices)
                    ),
                },
                one.Choices is { } choices ? VerdictForm.OfChoices(choices.Count) : VerdictForm.Pointwise
            );
        }
    }

    /// <summary>A judge by criteria as one that can be used wherever judges are; it owns the judge from now on.</summary>
    /// <param name="judge">The judge; null where all criteria are checks.</param>
    /// <param name="criteria">What it judges by.</param>
    public static OpenedJudge Open(OpenedJudge? judge, CriteriaFile criteria)
    {
        CriteriaJudge by = new(judge, criteria);
        return new OpenedJudge(judge ?? (IDisposable)new Nothing(), () => $"{judge?.Identity ?? "checks"} by {criteria.Hash}")
        {
            Judge = by,
            Score = async (query, response, stop) =>
                (await by.ScoreAsync(query, response, stop).ConfigureAwait(false)).Totals[0] ?? double.NaN,
            Client = judge?.Client,
            Name = judge?.Name ?? "checks",
            Voting = (judge?.Voting ?? VotingSettings.OfScores) with { Order = "both", Prompt = criteria.Hash },
            Seed = judge?.Seed ?? new JudgeOptions().Seed,
            MaxVotes = 0,
            Concurrency = judge?.Concurrency ?? Environment.ProcessorCount,
            IsCalibrated = false,
            CalibrationFault = null,
        };
    }

    /// <inheritdoc/>
    public async Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        CriteriaResult result = await CompareAsync(comparison, cancellationToken).ConfigureAwait(false);
        return new Judgment
        {
            Preferred = result.Preferred switch
            {
                1 => Verdict.First,
                2 => Verdict.Second,
                _ => null,
            },
            IsTie = result.Outcome == MatchOutcome.Tie,
            VoteShare = result.Preferred is null ? null : (1 + Math.Abs(result.Totals[0] - result.Totals[1] ?? 0)) / 2,
            MissingReason = result.Missing,
            Votes = [],
            Criteria = JsonSerializer.SerializeToElement(result, CriteriaJson.Lines.CriteriaResult),
            Usage = result.Usage,
            Model = _judge?.Name ?? "checks",
        };
    }

    /// <summary>Scores a single response.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<CriteriaResult> ScoreAsync(string query, string response, CancellationToken cancellationToken = default) =>
        JudgeAsync(query, [response], cancellationToken);

    /// <summary>Compares two responses.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<CriteriaResult> CompareAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        CriteriaResult result = await JudgeAsync(comparison.Query, [comparison.Response1, comparison.Response2], cancellationToken)
            .ConfigureAwait(false);
        const double Rounding = 1e-12;
        return result with
        {
            Outcome = (result.Totals[0], result.Totals[1]) switch
            {
                ({ } first, { } second) when Math.Abs(first - second) <= Rounding => MatchOutcome.Tie,
                ({ } first, { } second) => first > second ? MatchOutcome.First : MatchOutcome.Second,
                _ => MatchOutcome.Missing,
            },
        };
    }

    private async Task<CriteriaResult> JudgeAsync(string query, string[] responses, CancellationToken cancellationToken)
    {
        List<CriterionPart> parts = [.. _criteria.Criteria.Where(one => one.Check is not null).Select(one => Check(one, responses))];
        bool[] isOut = [.. responses.Select((_, at) => Failed(parts, at).Any())];
        bool isDecided = isOut.Contains(true);
        Criterion[] texts = [.. _criteria.Criteria.Where(one => one.Text is not null)];
        Usage usage = Usage.None;
        if (isDecided)
        {
            parts.AddRange(texts.Select(one => NotAsked(one, responses.Length)));
        }
        else
        {
            (CriterionPart Part, Usage Usage)[] judged = await Task.WhenAll(
                    texts.Select(one => AskAsync(one, query, responses, cancellationToken))
                )
                .ConfigureAwait(false);
            parts.AddRange(judged.Select(one => one.Part));
            usage = judged.Aggregate(Usage.None, (sum, one) => sum + one.Usage);
        }

        // Where one of two is out, the other has won without its texts being read: its total is that of the checks.
        double?[] totals =
        [
            .. isOut.Select((isOne, at) => isOne ? 0 : Total(isDecided ? parts.Where(part => part.Kind == CheckKind) : parts, at)),
        ];
        return new CriteriaResult
        {
            Totals = totals,
            DecidedBy = isDecided ? isOut.Select((_, at) => Failed(parts, at).FirstOrDefault()).OfType<string>().First() : null,
            Criteria = parts,
            Missing = totals.Contains(null)
                ? string.Join(
                    " ",
                    parts
                        .Where(part => part.Values.Contains(null))
                        .Select(part => $"{part.Name}: {string.Join(" ", part.Reasons.OfType<string>().Distinct())}")
                )
                : null,
            Usage = usage,
            Model = texts.Length > 0 && !isDecided ? _judge?.Name : null,
        };
    }

    private IEnumerable<string> Failed(IEnumerable<CriterionPart> parts, int response) =>
        parts
            .Where(part => part.Values[response] == 0 && _criteria.Criteria.Any(one => one.IsCritical && one.Name == part.Name))
            .Select(part => part.Name);

    private static double? Total(IEnumerable<CriterionPart> parts, int response)
    {
        double sum = 0,
            weights = 0;
        foreach (CriterionPart part in parts)
        {
            if (part.Values[response] is not { } value)
            {
                return null;
            }

            sum += part.Weight * value;
            weights += part.Weight;
        }

        return sum / weights;
    }

    private static CriterionPart Check(Criterion criterion, string[] responses)
    {
        CheckResult[] results =
        [
            .. responses.Select(criterion.Check ?? throw new ArgumentException("It is not a check.", nameof(criterion))),
        ];
        return new CriterionPart
        {
            Name = criterion.Name,
            Weight = criterion.Weight,
            Kind = CheckKind,
            Values = [.. results.Select(result => result.Passes is { } passes ? (double?)(passes ? 1 : 0) : null)],
            Reasons = [.. results.Select(result => result.Reason)],
        };
    }

    private CriterionPart NotAsked(Criterion criterion, int responses) =>
        new()
        {
            Name = criterion.Name,
            Weight = criterion.Weight,
            Kind = KindFor(criterion, responses),
            Values = new double?[responses],
            Reasons = [.. Enumerable.Repeat("It was not asked: a critical check had decided.", responses)],
        };

    private string KindFor(Criterion criterion, int responses) =>
        criterion.Choices is not null ? ChoiceKind
        : responses == 2 && _criteria.Mode == CriteriaMode.Pairwise ? PairwiseKind
        : PointwiseKind;

    /// <summary>A criterion with its choices, numbered from 1.</summary>
    private static string Listed(string text, IReadOnlyList<CriterionChoice> choices) =>
        $"{text}\n\nChoices:\n{string.Join('\n', choices.Select((choice, at) => $"{at + 1}. {choice.Text}"))}";

    private Task<(CriterionPart Part, Usage Usage)> AskAsync(
        Criterion criterion,
        string query,
        string[] responses,
        CancellationToken cancellationToken
    ) =>
        KindFor(criterion, responses.Length) == PairwiseKind
            ? CompareAsync(criterion, new Comparison(query, responses[0], responses[1]), cancellationToken)
            : ScoreAsync(criterion, query, responses, cancellationToken);

    private async Task<(CriterionPart Part, Usage Usage)> CompareAsync(
        Criterion criterion,
        Comparison comparison,
        CancellationToken cancellationToken
    )
    {
        ReasoningJudge pairwise = _pairwise[criterion.Name];
        Judgment judgment = await pairwise.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
        double? first = judgment is { Preferred: { } preferred, VoteShare: { } share }
            ? preferred == Verdict.First
                ? share
                : 1 - share
            : null;
        return (
            new CriterionPart
            {
                Name = criterion.Name,
                Weight = criterion.Weight,
                Kind = PairwiseKind,
                Values = [first, 1 - first],
                Reasons = [judgment.MissingReason, judgment.MissingReason],
                Judgment = judgment,
            },
            judgment.Usage
        );
    }

    private async Task<(CriterionPart Part, Usage Usage)> ScoreAsync(
        Criterion criterion,
        string query,
        string[] responses,
        CancellationToken cancellationToken
    )
    {
        PointwiseJudge pointwise = _pointwise[criterion.Name];
        PointwiseScore[] scores = await Task.WhenAll(responses.Select(response => pointwise.ScoreAsync(query, response, cancellationToken)))
            .ConfigureAwait(false);
        return (
            new CriterionPart
            {
                Name = criterion.Name,
                Weight = criterion.Weight,
                Kind = criterion.Choices is null ? PointwiseKind : ChoiceKind,
                Values = [.. scores.Select(score => ValueOf(score, criterion.Choices))],
                Reasons = [.. scores.Select(score => score.Missing.Length > 0 ? score.Missing : null)],
                Scores = [.. scores.Select(score => score.Scores)],
            },
            scores.Aggregate(Usage.None, (sum, score) => sum + score.Usage)
        );
    }

    /// <summary>The mean of the votes, 0 to 1: of their points from 1 to 5, or of what their choices are worth.</summary>
    private static double? ValueOf(PointwiseScore score, IReadOnlyList<CriterionChoice>? choices) =>
        choices is null ? score.Value : score.Scores.Average(number => number is { } chosen ? choices[chosen - 1].Worth : (double?)null);

    private sealed class Nothing : IDisposable
    {
        public void Dispose() { }
    }
}
