using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Criteria;

/// <summary>
/// Judges one response or two by criteria. Checks that code does come first; a response that fails a critical one is out, and then no judge
/// is asked. Else each text is judged by itself: two responses in both orders, or each response from 1 to 5. What is missing makes the
/// total missing, never a number.
/// </summary>
/// <param name="judge">The judge, which stays the caller's and must be one that reasons; null where all criteria are checks.</param>
/// <param name="options">How it votes; the template is that of criteria.</param>
/// <param name="criteria">What it judges by.</param>
internal sealed class CriteriaJudge(OpenedJudge? judge, JudgeOptions options, CriteriaFile criteria)
{
    private const string CheckKind = "check";
    private const string PairwiseKind = "pairwise";
    private const string PointwiseKind = "pointwise";

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
        List<CriterionPart> parts = [.. criteria.Criteria.Where(one => one.Check is not null).Select(one => Check(one, responses))];
        bool[] isOut = [.. responses.Select((_, at) => Failed(parts, at).Any())];
        bool isDecided = isOut.Contains(true);
        Criterion[] texts = [.. criteria.Criteria.Where(one => one.Text is not null)];
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
            Model = texts.Length > 0 && !isDecided ? judge?.Name : null,
        };
    }

    private IEnumerable<string> Failed(IEnumerable<CriterionPart> parts, int response) =>
        parts
            .Where(part => part.Values[response] == 0 && criteria.Criteria.Any(one => one.IsCritical && one.Name == part.Name))
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
            Kind = KindFor(responses),
            Values = new double?[responses],
            Reasons = [.. Enumerable.Repeat("It was not asked: a critical check had decided.", responses)],
        };

    private string KindFor(int responses) => responses == 2 && criteria.Mode == CriteriaMode.Pairwise ? PairwiseKind : PointwiseKind;

    private Task<(CriterionPart Part, Usage Usage)> AskAsync(
        Criterion criterion,
        string query,
        string[] responses,
        CancellationToken cancellationToken
    ) =>
        KindFor(responses.Length) == PairwiseKind
            ? CompareAsync(criterion, new Comparison(query, responses[0], responses[1]), cancellationToken)
            : ScoreAsync(criterion, query, responses, cancellationToken);

    private async Task<(CriterionPart Part, Usage Usage)> CompareAsync(
        Criterion criterion,
        Comparison comparison,
        CancellationToken cancellationToken
    )
    {
        ReasoningJudge pairwise = new(
            Client,
            options with
            {
                Order = VoteOrder.Both,
                FurtherVotesOnDraw = 0, // an even vote is half a point each
                Prompt = JudgePrompt.PairwiseCriterion.WithCriterion(criterion.Text ?? ""),
                Calibration = null,
                Abstain = null,
            }
        );
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
        PointwiseJudge pointwise = new(
            Client,
            options with
            {
                Prompt = JudgePrompt.PointwiseCriterion.WithCriterion(criterion.Text ?? ""),
            }
        );
        PointwiseScore[] scores = await Task.WhenAll(responses.Select(response => pointwise.ScoreAsync(query, response, cancellationToken)))
            .ConfigureAwait(false);
        return (
            new CriterionPart
            {
                Name = criterion.Name,
                Weight = criterion.Weight,
                Kind = PointwiseKind,
                Values = [.. scores.Select(score => score.Value)],
                Reasons = [.. scores.Select(score => score.Missing.Length > 0 ? score.Missing : null)],
                Scores = [.. scores.Select(score => score.Scores)],
            },
            scores.Aggregate(Usage.None, (sum, score) => sum + score.Usage)
        );
    }

    private IChatClient Client =>
        judge?.Client ?? throw new InvalidOperationException("Texts of criteria need a judge that reasons; there is none.");
}
