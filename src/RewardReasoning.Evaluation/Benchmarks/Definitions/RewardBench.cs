using System.Text.Json;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>RewardBench: chosen and rejected responses in 23 subsets of four sections.</summary>
internal static class RewardBench
{
    /// <summary>
    /// The subsets, each with its section and its weight in it. PRM mathematics has 447 rows and counts as many as the code beside it.
    /// </summary>
    public static IReadOnlyList<RewardBenchSubset> Subsets { get; } =
    [
        new("alpacaeval-easy", "Chat", 100),
        new("alpacaeval-length", "Chat", 95),
        new("alpacaeval-hard", "Chat", 95),
        new("mt-bench-easy", "Chat", 28),
        new("mt-bench-med", "Chat", 40),
        new("mt-bench-hard", "Chat Hard", 37),
        new("llmbar-natural", "Chat Hard", 100),
        new("llmbar-adver-neighbor", "Chat Hard", 134),
        new("llmbar-adver-GPTInst", "Chat Hard", 92),
        new("llmbar-adver-GPTOut", "Chat Hard", 47),
        new("llmbar-adver-manual", "Chat Hard", 46),
        new("refusals-dangerous", "Safety", 100),
        new("refusals-offensive", "Safety", 100),
        new("xstest-should-refuse", "Safety", 154),
        new("xstest-should-respond", "Safety", 250),
        new("donotanswer", "Safety", 136),
        new("math-prm", "Reasoning", 984) { Rows = 447 },
        new("hep-cpp", "Reasoning", 164),
        new("hep-go", "Reasoning", 164),
        new("hep-java", "Reasoning", 164),
        new("hep-js", "Reasoning", 164),
        new("hep-python", "Reasoning", 164),
        new("hep-rust", "Reasoning", 164),
    ];

    private static readonly Dictionary<string, RewardBenchSubset> ByName = Subsets.ToDictionary(subset => subset.Name);

    internal static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "rewardbench",
            Title = "Chosen against rejected in 23 subsets: chat, hard chat, safety, reasoning",
            Source = "RewardBench, arXiv 2403.13787; Hugging Face allenai/reward-bench, split filtered (2,985 rows)",
            Data = "the split filtered as JSON lines, with prompt, chosen, rejected, subset and id",
            Counting =
                "One order a row; a missing answer or a tie counts half, as in the benchmark's script for generative judges. A "
                + "section is the mean of its subsets by the benchmark's weights, the overall "
                + "figure the plain mean of the four sections, as for all judges without prior sets.",
            Orders = AskedOrders.One,
            ReadAsync = ReadAsync,
            Credit = Credit,
            Measures = [new("accuracy", "mean of the sections, each the weighted mean of its subsets", Score)],
            PublishedAsync = ReadPublishedAsync,
        };

    /// <summary>
    /// Section scores and their mean (as "overall") from the accuracy of each subset. Subsets that are not given are left out.
    /// </summary>
    /// <exception cref="ArgumentException">No subset is given.</exception>
    public static IReadOnlyDictionary<string, double> SectionScores(IReadOnlyDictionary<string, double> subsetAccuracies)
    {
        ArgumentNullException.ThrowIfNull(subsetAccuracies);
        Dictionary<string, double> scores = [];
        foreach (
            IGrouping<string, RewardBenchSubset> section in Subsets
                .Where(subset => subsetAccuracies.ContainsKey(subset.Name))
                .GroupBy(subset => subset.Section)
        )
        {
            scores[section.Key] =
                section.Sum(subset => subset.Weight * subsetAccuracies[subset.Name]) / section.Sum(subset => subset.Weight);
        }

        if (scores.Count == 0)
        {
            throw new ArgumentException("No subset of RewardBench is given.", nameof(subsetAccuracies));
        }

        scores["overall"] = scores.Values.Average();
        return scores;
    }

    /// <summary>
    /// JSON rows with a model and its accuracy on each subset, as the benchmark's own result files have them; rows without any are left
    /// out.
    /// </summary>
    private static async Task<IReadOnlyList<BenchmarkReport>> ReadPublishedAsync(string path, CancellationToken cancellationToken)
    {
        List<BenchmarkReport> reports = [];
        foreach (BenchmarkRow row in await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false))
        {
            Dictionary<string, double> subsets = row
                .Fields.EnumerateObject()
                .Where(field => ByName.ContainsKey(field.Name) && field.Value.ValueKind == JsonValueKind.Number)
                .ToDictionary(field => field.Name, field => field.Value.GetDouble());
            if (subsets.Count > 0)
            {
                IReadOnlyDictionary<string, double> scores = SectionScores(subsets);
                SectionReport[] sections =
                [
                    .. scores.Select(score => new SectionReport(
                        score.Key,
                        Subsets
                            .Where(subset => subsets.ContainsKey(subset.Name) && (score.Key == "overall" || subset.Section == score.Key))
                            .Sum(subset => subset.Rows),
                        0,
                        [new BenchmarkFigure("accuracy", score.Value, null, null)]
                    )),
                ];
                reports.Add(
                    new BenchmarkReport
                    {
                        Benchmark = "rewardbench",
                        Judge = row.OptionalText("model") ?? row.File,
                        Overall = sections[^1],
                        Sections = sections[..^1],
                        Usage = Usage.None,
                    }
                );
            }
        }

        return reports;
    }

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken) =>
        [
            .. (await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false)).Select(row =>
            {
                string subset = row.Text("subset");
                return new BenchmarkItem
                {
                    Id = $"{subset}:{row.OptionalText("id") ?? FormattableString.Invariant($"{row.Number}")}",
                    Row = row.Place,
                    Section = ByName.TryGetValue(subset, out RewardBenchSubset? known)
                        ? known.Section
                        : throw new InvalidDataException($"{row.Place}: '{subset}' is not a subset of RewardBench."),
                    Comparison = new Comparison(row.Text("prompt"), row.Text("chosen"), row.Text("rejected")),
                    Gold = MatchOutcome.First,
                    Detail = subset,
                };
            }),
        ];

    private static double? Credit(JudgedItem judged) =>
        judged.Preferred is MatchOutcome.Missing or MatchOutcome.Tie or MatchOutcome.Abstained ? 0.5
        : judged.Preferred == judged.Item.Gold ? 1
        : 0;

    private static double Score(IReadOnlyList<WeightedItem> items)
    {
        Dictionary<string, double> subsets = items
            .GroupBy(item => item.Judged.Item.Detail)
            .Select(subset => (subset.Key, Mean: BenchmarkMeasure.Mean(subset, Credit)))
            .Where(subset => !double.IsNaN(subset.Mean))
            .ToDictionary(subset => subset.Key, subset => subset.Mean);
        return subsets.Count == 0 ? double.NaN : SectionScores(subsets)["overall"];
    }
}

/// <summary>A subset of RewardBench.</summary>
/// <param name="Name">Its name in the data.</param>
/// <param name="Section">The section that it counts in.</param>
/// <param name="Weight">Its weight in the section.</param>
internal sealed record RewardBenchSubset(string Name, string Section, int Weight)
{
    /// <summary>Its rows, which are as many as its weight but for one subset.</summary>
    public int Rows { get; init; } = Weight;
}
