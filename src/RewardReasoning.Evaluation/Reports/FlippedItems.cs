using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// The items that only one of two runs has fully right, with what each run made of them. Their texts are read in a second pass, so that
/// memory holds those of the flipped items alone, and of each direction only the first ones.
/// </summary>
internal static class FlippedItems
{
    private const int MostTexts = 30;
    private const int LongestText = 1200;
    private const int LongestReasoning = 3000;

    /// <summary>The flips from an earlier run to a run: lost ones first, each kind in the order of the run.</summary>
    public static async Task<IReadOnlyList<FlippedItem>> ReadAsync(
        (JudgedSource Run, IReadOnlyList<ItemCredit> Credits) now,
        (JudgedSource Run, IReadOnlyList<ItemCredit> Credits) before,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, double?> earlier = [];
        foreach (ItemCredit credit in before.Credits)
        {
            earlier[credit.Id] = credit.Credit;
        }

        List<(string Id, bool IsGained)> flips =
        [
            .. now
                .Credits.Where(credit =>
                    credit.Credit is { } mine && earlier.GetValueOrDefault(credit.Id) is { } theirs && mine == 1 != (theirs == 1)
                )
                .Select(credit => (credit.Id, credit.Credit == 1))
                .OrderBy(flip => flip.Item2),
        ];
        if (flips.Count == 0)
        {
            return [];
        }

        HashSet<string> wanted = [.. flips.Select(flip => flip.Id)];
        HashSet<string> shown =
        [
            .. flips
                .Where(flip => !flip.IsGained)
                .Take(MostTexts)
                .Concat(flips.Where(flip => flip.IsGained).Take(MostTexts))
                .Select(flip => flip.Id),
        ];
        Dictionary<string, Side> mineById = await SidesAsync(now.Run, wanted, shown, cancellationToken).ConfigureAwait(false);
        Dictionary<string, Side> theirsById = await SidesAsync(before.Run, wanted, shown, cancellationToken).ConfigureAwait(false);
        return
        [
            .. flips
                .Where(flip => mineById.ContainsKey(flip.Id) && theirsById.ContainsKey(flip.Id))
                .Select(flip => new FlippedItem
                {
                    Id = mineById[flip.Id].Item,
                    Section = mineById[flip.Id].Section,
                    IsGained = flip.IsGained,
                    Texts = [.. mineById[flip.Id].Texts.Concat(theirsById[flip.Id].OwnTexts)],
                    Before = theirsById[flip.Id].Answer,
                    Now = mineById[flip.Id].Answer,
                }),
        ];
    }

    /// <summary>What one run has of an item.</summary>
    /// <param name="Item">The item's identity within its data.</param>
    /// <param name="Section">Its section.</param>
    /// <param name="Texts">All texts of the item.</param>
    /// <param name="OwnTexts">Of them, those that the other run need not have.</param>
    /// <param name="Answer">What the run made of it.</param>
    private sealed record Side(
        string Item,
        string Section,
        IReadOnlyList<NamedText> Texts,
        IReadOnlyList<NamedText> OwnTexts,
        FlippedAnswer Answer
    );

    private static async Task<Dictionary<string, Side>> SidesAsync(
        JudgedSource run,
        HashSet<string> wanted,
        HashSet<string> shown,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, Side> sides = [];
        await foreach (RecordedJudgment judgment in run.ReadJudgmentsAsync(cancellationToken).ConfigureAwait(false))
        {
            string id = ItemCredit.IdentityOf(judgment.Id, judgment.Comparison ?? new Comparison("", "", ""));
            if (wanted.Contains(id))
            {
                sides[id] = Of(judgment, shown.Contains(id));
            }
        }

        await foreach (RecordedRanking ranking in run.ReadRankingsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (BestOfScore.Of(ranking).Id is var id && wanted.Contains(id))
            {
                sides[id] = Of(ranking, run.Name, shown.Contains(id));
            }
        }

        return sides;
    }

    private static Side Of(RecordedJudgment judgment, bool withTexts) =>
        new(
            judgment.Id,
            judgment.Section,
            withTexts && judgment.Comparison is { } texts
                ?
                [
                    Text("Query", texts.Query),
                    Text(Label("First response", judgment.Gold == MatchOutcome.First), texts.Response1),
                    Text(Label("Second response", judgment.Gold == MatchOutcome.Second), texts.Response2),
                ]
                : [],
            [],
            new FlippedAnswer(
                judgment.Preferred switch
                {
                    MatchOutcome.First => "the first",
                    MatchOutcome.Second => "the second",
                    MatchOutcome.Tie => "neither (a tie)",
                    MatchOutcome.Abstained => "neither (it abstained)",
                    _ => "no verdict",
                },
                judgment.Votes.Count > 0 ? ExampleJudgment.Describe(judgment.Votes) : "",
                withTexts ? ExamplePicker.Clip(ReasoningFor(judgment), LongestReasoning) : ""
            )
        );

    private static Side Of(RecordedRanking ranking, string run, bool withTexts)
    {
        NamedText[] chosen =
            withTexts && ranking.Best is { } best
                ? [Text(Label($"Chosen in {run}", ranking.Item.Correct[best]), ranking.Item.Responses[best])]
                : [];
        return new Side(
            ranking.Item.Id,
            ranking.Item.Section,
            withTexts ? [Text("Query", ranking.Item.Query), .. chosen] : [],
            chosen,
            new FlippedAnswer(
                ranking.Best is { } index ? ReportText.Invariant($"response {index + 1} of {ranking.Item.Responses.Count}") : "no choice",
                ReportText.Count(ranking.Matches.Count, "match", "matches"),
                ""
            )
        );
    }

    /// <summary>The reasoning of the first vote for what was preferred, else of the first vote.</summary>
    private static string ReasoningFor(RecordedJudgment judgment) =>
        (
            judgment.Votes.FirstOrDefault(vote => Outcomes.Of(vote.Verdict) == judgment.Preferred)
            ?? (judgment.Votes.Count > 0 ? judgment.Votes[0] : null)
        )?.Reasoning
        ?? "";

    private static NamedText Text(string name, string text) => new(name, ExamplePicker.Clip(text, LongestText));

    private static string Label(string name, bool isRight) => isRight ? $"{name} (the right one)" : name;
}
