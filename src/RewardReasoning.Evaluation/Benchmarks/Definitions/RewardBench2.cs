using System.Globalization;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>
/// RewardBench 2: best of four in five subsets, and Ties, where several answers are right and should be rated alike. It was made for
/// judges that rate; how a judge of pairs takes part is a design of our own, stated with every report.
/// </summary>
internal static class RewardBench2
{
    private const string TiesSubset = "Ties";

    internal static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "rewardbench2",
            Title = "One right answer among four, in five subsets; and Ties, several right ones",
            Source = "RewardBench 2, arXiv 2506.01937; Hugging Face allenai/reward-bench-2, split test (1,865 rows)",
            Data = "the split test as JSON lines, with id, prompt, chosen, rejected and subset",
            Counting =
                "Our own way for judges of pairs. Five subsets: the right answer is compared with each wrong one, and the row counts "
                + "where it wins all, as the best of four must; a missing answer is not a win. Ties: "
                + "every two answers of a row are compared, an answer's rating is the share of its comparisons that it wins, and the "
                + "benchmark's formula is applied to these ratings. The overall figure is the plain mean "
                + "of the subsets. One order, hashed.",
            Orders = AskedOrders.One,
            ReadAsync = ReadAsync,
            Credit = Scoring.Right,
            Measures = [new("score", "mean of the subsets: right answer first, and the formula of Ties", Score)],
        };

    /// <summary>
    /// The score of Ties: 0.3 (accuracy with several right answers + accuracy with one) + 0.2 (how often the gap to the wrong ones exceeds
    /// the
    /// spread of the right ones + how often the smaller gap of both prompts does) + 0.01 mean tanh(smaller gap / spread − 1). The gap is
    /// the
    /// lowest rating of a right answer less the highest of a wrong one, accurate where it is above 0; the spread is over the right ones.
    /// </summary>
    /// <param name="several">Ratings of prompts with several right answers, by the prompt's number.</param>
    /// <param name="reference">Ratings of the same questions asked so that one answer is right, by number.</param>
    /// <returns>At most 1.01; NaN where either is empty.</returns>
    public static double TiesScore(IReadOnlyDictionary<string, TiesRatings> several, IReadOnlyDictionary<string, TiesRatings> reference)
    {
        ArgumentNullException.ThrowIfNull(several);
        ArgumentNullException.ThrowIfNull(reference);
        string[] both = [.. several.Keys.Where(reference.ContainsKey)];
        double MeanOfBoth(Func<TiesRatings, TiesRatings, double> part) =>
            both.Length == 0 ? 0 : both.Average(number => part(several[number], reference[number]));
        return several.Count == 0 || reference.Count == 0
            ? double.NaN
            : (0.30 * several.Values.Average(ratings => ratings.Gap > 0 ? 1 : 0))
                + (0.30 * reference.Values.Average(ratings => ratings.Gap > 0 ? 1 : 0))
                + (0.20 * MeanOfBoth((many, one) => many.Gap > many.Spread ? 1 : 0))
                + (0.20 * MeanOfBoth((many, one) => Math.Min(many.Gap, one.Gap) > many.Spread ? 1 : 0))
                + (
                    0.01
                    * MeanOfBoth(
                        (many, one) =>
                            Math.Tanh((Math.Min(many.Gap, one.Gap) / many.Spread) - 1) is var margin && double.IsNaN(margin) ? 0 : margin
                    )
                );
    }

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        List<BenchmarkItem> items = [];
        foreach (BenchmarkRow row in await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false))
        {
            IReadOnlyList<string> chosen = row.Texts("chosen");
            IReadOnlyList<string> rejected = row.Texts("rejected");
            string subset = row.Text("subset");
            string id = row.Text("id");
            string[] answers = [.. chosen, .. rejected];
            bool ties = subset == TiesSubset;
            for (int i = 0; i < answers.Length; i++)
            {
                for (int j = i + 1; j < answers.Length; j++)
                {
                    bool decided = i < chosen.Count && j >= chosen.Count;
                    if (ties || decided)
                    {
                        items.Add(
                            new BenchmarkItem
                            {
                                Id = FormattableString.Invariant($"{subset}:{id}:{i}-{j}"),

                                // A question asked in both ways of Ties comes and goes as one.
                                Row = ties ? id[(id.LastIndexOf(':') + 1)..] : id,
                                Section = subset,
                                Comparison = new Comparison(row.Text("prompt"), answers[i], answers[j]),
                                Gold = decided ? MatchOutcome.First : MatchOutcome.Missing,
                                Detail = new AnswerPair(id, i, j, chosen.Count, answers.Length).ToString(),
                            }
                        );
                    }
                }
            }
        }

        return items;
    }

    private static double Score(IReadOnlyList<WeightedItem> items) =>
        items
            .Where(item => item.Weight > 0)
            .GroupBy(item => item.Judged.Item.Section)
            .Select(subset => subset.Key == TiesSubset ? Ties([.. subset]) : BestOf([.. subset]))
            .Where(score => !double.IsNaN(score))
            .DefaultIfEmpty(double.NaN)
            .Average();

    /// <summary>The share of rows whose right answer wins all its comparisons.</summary>
    private static double BestOf(IReadOnlyList<WeightedItem> items)
    {
        (double Won, double Count) total = items
            .GroupBy(item => item.Judged.Item.Row)
            .Aggregate(
                (Won: 0.0, Count: 0.0),
                (sum, row) =>
                {
                    int weight = row.First().Weight;
                    return (sum.Won + (row.All(item => item.Judged.Preferred == item.Judged.Item.Gold) ? weight : 0), sum.Count + weight);
                }
            );
        return total.Won / total.Count;
    }

    private static double Ties(IReadOnlyList<WeightedItem> items)
    {
        Dictionary<string, TiesRatings> several = [];
        Dictionary<string, TiesRatings> reference = [];
        foreach (IGrouping<string, WeightedItem> prompt in items.GroupBy(item => AnswerPair.Of(item.Judged).Prompt))
        {
            string[] name = prompt.Key.Split(':');
            TiesRatings ratings = Rate([.. prompt.Select(item => item.Judged)]);
            for (int copy = 0; copy < prompt.First().Weight; copy++)
            {
                (name[0] == "ref" ? reference : several)[FormattableString.Invariant($"{name[^1]} {copy}")] = ratings;
            }
        }

        return TiesScore(several, reference);
    }

    /// <summary>Each answer's share of the comparisons that it wins; a missing one is half a win for both.</summary>
    private static TiesRatings Rate(IReadOnlyList<JudgedItem> comparisons)
    {
        (_, _, _, int right, int all) = AnswerPair.Of(comparisons[0]);
        double[] won = new double[all];
        foreach (JudgedItem judged in comparisons)
        {
            AnswerPair pair = AnswerPair.Of(judged);
            double share = judged.Preferred switch
            {
                MatchOutcome.First => 1,
                MatchOutcome.Second => 0,
                _ => 0.5,
            };
            won[pair.First] += share / (won.Length - 1);
            won[pair.Second] += (1 - share) / (won.Length - 1);
        }

        return new TiesRatings(won[..right], won[right..]);
    }

    /// <summary>Which two answers of a prompt an item compares; a run's files hold it as text.</summary>
    /// <param name="Prompt">Id of the prompt.</param>
    /// <param name="First">Index of the first answer; the right ones come first.</param>
    /// <param name="Second">Index of the second answer.</param>
    /// <param name="Right">Right answers of the prompt.</param>
    /// <param name="All">All its answers.</param>
    private sealed record AnswerPair(string Prompt, int First, int Second, int Right, int All)
    {
        public static AnswerPair Of(JudgedItem judged)
        {
            string[] parts = judged.Item.Detail.Split(';');
            int[] numbers = [.. parts[1..].Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
            return new AnswerPair(parts[0], numbers[0], numbers[1], numbers[2], numbers[3]);
        }

        public override string ToString() => FormattableString.Invariant($"{Prompt};{First};{Second};{Right};{All}");
    }
}

/// <summary>What a judge rated the answers to one prompt of Ties.</summary>
/// <param name="Right">Ratings of the right answers.</param>
/// <param name="Wrong">Ratings of the wrong ones.</param>
internal sealed record TiesRatings(IReadOnlyList<double> Right, IReadOnlyList<double> Wrong)
{
    /// <summary>The lowest rating of a right answer less the highest of a wrong one.</summary>
    public double Gap => Right.Min() - Wrong.Max();

    /// <summary>The highest rating of a right answer less the lowest.</summary>
    public double Spread => Right.Max() - Right.Min();
}
