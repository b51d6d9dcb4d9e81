using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>The main figure of a run if verdicts were other than they are: missing ones all wrong or all right, or all by coins.</summary>
/// <param name="Missing">Items without an answer; where both orders count, those without one in either of them too.</param>
/// <param name="AllWrong">The figure if the missing verdicts were all wrong; null where it is undefined.</param>
/// <param name="AllRight">The figure if they were all right.</param>
/// <param name="Chance">
/// The figure to be expected of a judge that tosses a coin for each answer; null if the figure is not a mean over items.
/// </param>
internal sealed record MainFigure(int Missing, double? AllWrong, double? AllRight, double? Chance)
{
    /// <summary>Of a benchmark of comparisons.</summary>
    public static MainFigure Of(BenchmarkDefinition definition, IReadOnlyList<JudgedItem> items)
    {
        BenchmarkMeasure measure = definition.Measures[0];
        JudgedItem[] scored = [.. items.Where(item => item.Item.Gold != MatchOutcome.Missing)];
        return new MainFigure(
            scored.Count(item => IsMissing(item, definition.Orders)),
            Compute(measure, scored.Select(item => Filled(item, WrongOf(item.Item.Gold), definition.Orders))),
            Compute(measure, scored.Select(item => Filled(item, item.Item.Gold, definition.Orders))),
            measure.Credit is { } credit
                ? Compute(BenchmarkMeasure.Mean("", "", item => Coins(item, definition.Orders).Average(credit)), scored)
                : null
        );
    }

    /// <summary>Of a best-of-n benchmark: chance is a response at random.</summary>
    public static MainFigure Of(BestOfBenchmark benchmark, IReadOnlyList<BestOfScore> scores)
    {
        return new MainFigure(scores.Count(score => score.IsMissing), With(0), With(1), With(null));

        // The value of a query without a choice; null gives every query the value of a choice at random.
        double? With(double? missing) =>
            BestOfScore
                .Report(
                    benchmark,
                    "",
                    [
                        .. scores.Select(score =>
                            score with
                            {
                                Values =
                                [
                                    missing is null ? score.Values[BestOfScore.RandomAt]
                                    : score.IsMissing ? missing.Value
                                    : score.Values[0],
                                    .. score.Values.Skip(1),
                                ],
                            }
                        ),
                    ],
                    new Bootstrap(rounds: 1)
                )
                .Overall.Figures[0]
                .Value;
    }

    private static double? Compute(BenchmarkMeasure measure, IEnumerable<JudgedItem> items)
    {
        double value = measure.Compute([.. items.Select(item => new WeightedItem(item, 1))]);
        return double.IsNaN(value) ? null : value;
    }

    /// <summary>Where both orders count, an item is missing too if one of them has no answer.</summary>
    private static bool IsMissing(JudgedItem item, AskedOrders orders) =>
        item.Preferred == MatchOutcome.Missing
        || (orders == AskedOrders.Both && item.Shown.Any(shown => shown.Outcome == MatchOutcome.Missing));

    private static MatchOutcome WrongOf(MatchOutcome gold) => gold == MatchOutcome.First ? MatchOutcome.Second : MatchOutcome.First;

    /// <summary>The item with an outcome wherever it has none.</summary>
    private static JudgedItem Filled(JudgedItem item, MatchOutcome outcome, AskedOrders orders) =>
        !IsMissing(item, orders)
            ? item
            : Replays.InOrders(
                item.Item,
                item.Shown.Count == 0
                    ? [new ShownOutcome(ShownOrder.Given, outcome), new ShownOutcome(ShownOrder.Swapped, outcome)]
                    : item.Shown.Select(shown => shown.Outcome == MatchOutcome.Missing ? shown with { Outcome = outcome } : shown)
            ) with
            {
                VoteShare = 1,
            };

    /// <summary>The item as a judge would leave it that answers by coins, in every way that they can fall.</summary>
    private static IEnumerable<JudgedItem> Coins(JudgedItem item, AskedOrders orders)
    {
        MatchOutcome[] sides = [MatchOutcome.First, MatchOutcome.Second];
        return orders == AskedOrders.One
            ? sides.Select(said => Replays.Once(item.Item, said))
            : sides.SelectMany(given =>
                sides.Select(swapped =>
                    Replays.InOrders(item.Item, [new ShownOutcome(ShownOrder.Given, given), new ShownOutcome(ShownOrder.Swapped, swapped)])
                )
            );
    }
}
