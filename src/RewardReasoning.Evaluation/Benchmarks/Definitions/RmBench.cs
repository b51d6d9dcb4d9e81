using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>RM-Bench: is a right response preferred to a subtly wrong one, whatever their styles?</summary>
internal static class RmBench
{
    private const int Styles = 3;

    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "rm-bench",
            Title = "Right against subtly wrong, each in three styles: chat, mathematics, code, safety",
            Source = "RM-Bench, arXiv 2410.16184; github.com/THU-KEG/RM-Bench, data/*_filtered.json (1,327 prompts)",
            Data = "total_dataset.json of the hub, a folder with the *_filtered.json files of the repository, or one of them",
            Counting =
                "Every prompt gives 3 x 3 comparisons of a chosen with a rejected response (concise, detailed, detailed with "
                + "Markdown), each asked for in both orders; a comparison counts the share of "
                + "orders that are right, a missing answer being wrong. hard: the rejected one has the richer style; normal: the "
                + "same; easy: the chosen one has. average: the mean of the three. A domain's figure is "
                + "over its prompts (both safety sets together), the overall one the mean of the domains.",
            Orders = AskedOrders.Both,
            ReadAsync = ReadAsync,
            Credit = judged => judged.RightShare,
            Measures =
            [
                new(
                    "average",
                    "mean of easy, normal and hard",
                    items =>
                        (Score(items, pair => pair.IsEasy) + Score(items, pair => pair.IsNormal) + Score(items, pair => pair.IsHard)) / 3
                ),
                new("easy", "the chosen response has the richer style", items => Score(items, pair => pair.IsEasy)),
                new("normal", "both have the same style", items => Score(items, pair => pair.IsNormal)),
                new("hard", "the rejected response has the richer style", items => Score(items, pair => pair.IsHard)),
            ],
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        List<BenchmarkItem> items = [];
        IReadOnlyList<string> files = BenchmarkRows.Files(
            path,
            name => IsTotal(name) || name.Contains("_filtered.", StringComparison.Ordinal)
        );
        bool hasTotal = files.Any(IsTotal);
        foreach (
            BenchmarkRow row in await BenchmarkRows
                .ReadAsync(
                    path,
                    name => hasTotal ? IsTotal(name) : name.Contains("_filtered.", StringComparison.Ordinal),
                    cancellationToken
                )
                .ConfigureAwait(false)
        )
        {
            IReadOnlyList<string> chosen = row.Texts("chosen");
            IReadOnlyList<string> rejected = row.Texts("rejected");
            if (chosen.Count != Styles || rejected.Count != Styles)
            {
                throw new InvalidDataException(
                    $"{row.Place}: {chosen.Count} chosen and {rejected.Count} rejected responses; RM-Bench has three of each."
                );
            }

            // The one file of the hub holds all domains and says of each row which is its own.
            string file = row.OptionalText("domain") ?? row.File.Split('_')[0];
            string name = FormattableString.Invariant($"{file}:{row.Text("id")}:{row.Number}");
            for (int i = 0; i < Styles * Styles; i++)
            {
                (int better, int worse) = Math.DivRem(i, Styles);
                items.Add(
                    new BenchmarkItem
                    {
                        Id = FormattableString.Invariant($"{name}:{better}{worse}"),
                        Row = name,
                        Section = file.Split('-')[0],
                        Comparison = new Comparison(row.Text("prompt"), chosen[better], rejected[worse]),
                        Gold = MatchOutcome.First,
                        Detail = new StylePair(better, worse).ToString(),
                    }
                );
            }
        }

        return items;
    }

    private static bool IsTotal(string file) => Path.GetFileName(file).StartsWith("total_dataset.", StringComparison.Ordinal);

    private static double Score(IReadOnlyList<WeightedItem> items, Func<StylePair, bool> wanted)
    {
        Dictionary<string, (double Right, double Count)> domains = [];
        foreach ((JudgedItem judged, int weight) in items)
        {
            if (weight > 0 && wanted(StylePair.Of(judged)))
            {
                (double right, double count) = domains.GetValueOrDefault(judged.Item.Section);
                domains[judged.Item.Section] = (right + (weight * judged.RightShare), count + weight);
            }
        }

        return domains.Values.Select(domain => domain.Right / domain.Count).DefaultIfEmpty(double.NaN).Average();
    }

    /// <summary>The styles of an item's responses, 0 (concise) to 2 (detailed, Markdown); a run's files hold them as text.</summary>
    private sealed record StylePair(int Better, int Worse)
    {
        public bool IsEasy => Better > Worse;

        public bool IsNormal => Better == Worse;

        public bool IsHard => Better < Worse;

        public static StylePair Of(JudgedItem judged) => new(judged.Item.Detail[0] - '0', judged.Item.Detail[1] - '0');

        public override string ToString() => FormattableString.Invariant($"{Better}{Worse}");
    }
}
