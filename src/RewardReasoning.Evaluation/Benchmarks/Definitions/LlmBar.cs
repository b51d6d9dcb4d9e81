using System.Text.Json;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>LLMBar: does a judge see which output follows the instruction, where the other looks better?</summary>
internal static class LlmBar
{
    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "llmbar",
            Title = "Instruction following against outputs that only look better, natural and adversarial",
            Source =
                "LLMBar, arXiv 2310.07641; github.com/princeton-nlp/LLMBar, Dataset/**/dataset.json (419 pairs; FairEval, LLMEval2, "
                + "also MT-Bench and case studies)",
            Data = "the folder Dataset, or one of its folders",
            Counting =
                "Each pair is asked for in both orders. accuracy: mean over the orders, a missing answer being wrong. both_right: "
                + "right in both. agreement: the same answer in both orders, where both have one. "
                + "The overall figure is over all pairs of the data given.",
            Orders = AskedOrders.Both,
            ReadAsync = ReadAsync,
            Credit = judged => judged.RightShare,
            Measures =
            [
                BenchmarkMeasure.Mean("accuracy", "mean accuracy over the orders", judged => judged.RightShare),
                BenchmarkMeasure.Mean(
                    "both_right",
                    "share of pairs that are right in both orders",
                    judged => judged.RightInAllOrders ? 1 : 0
                ),
                BenchmarkMeasure.Mean("agreement", "share of pairs with the same answer in both orders", Replays.Agreement),
            ],
            ReplayAsync = (path, items, cancellationToken) =>
                Replays.IsRun(path) ? Replays.OfRunAsync(path, items, cancellationToken) : ReplayAsync(path, items, cancellationToken),
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        List<BenchmarkItem> items = [];
        foreach (string file in BenchmarkRows.Files(path, name => name == "dataset.json"))
        {
            string section = SectionOf(file);
            items.AddRange(
                (await BenchmarkRows.ReadAsync(file, wanted: null, cancellationToken).ConfigureAwait(false)).Select(row => new BenchmarkItem
                {
                    Id = FormattableString.Invariant($"{section}:{row.Number}"),
                    Row = FormattableString.Invariant($"{section}:{row.Number}"),
                    Section = section,
                    Comparison = new Comparison(row.Text("input"), row.Text("output_1"), row.Text("output_2")),
                    Gold = Read(row.Text("label")),
                })
            );
        }

        return items;
    }

    /// <summary>
    /// The authors' own result files (SECTION/evaluators/EVALUATOR/STRATEGY/result.json, rows in the order of the data, each with rounds of
    /// which the last counts), or rows of dataset, index, evaluator, strategy, winner and winner_swapped, both winners numbered as the data
    /// numbers outputs.
    /// </summary>
    private static async Task<IReadOnlyList<RecordedJudge>> ReplayAsync(
        string path,
        IReadOnlyList<BenchmarkItem> items,
        CancellationToken cancellationToken
    )
    {
        if (File.Exists(path) ? ResultFileOf(path) is not null : Directory.Exists(path) && ResultFiles(path).Any())
        {
            return await ReplayResultsAsync(path, items, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<BenchmarkRow> rows = await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false);
        ILookup<string, BenchmarkItem> sections = items.ToLookup(item => item.Section);
        List<RecordedJudge> judges = [];
        foreach (
            IGrouping<string, BenchmarkRow> judge in rows.GroupBy(row => $"{row.Text("evaluator")} {row.Text("strategy")}")
                .OrderBy(group => group.Key, StringComparer.Ordinal)
        )
        {
            Dictionary<string, BenchmarkRow> records = judge.ToDictionary(row => $"{row.Text("dataset")}:{row.Text("index")}");
            IEnumerable<BenchmarkItem> judged = judge
                .Select(row => row.Text("dataset"))
                .Distinct()
                .SelectMany(section => sections[section]);
            judges.Add(
                new RecordedJudge(
                    judge.Key,
                    [
                        .. judged.Select(item =>
                            Replays.InOrders(
                                item,
                                records.TryGetValue(item.Id, out BenchmarkRow row)
                                    ?
                                    [
                                        new ShownOutcome(ShownOrder.Given, Read(row.OptionalText("winner"))),
                                        new ShownOutcome(ShownOrder.Swapped, Read(row.OptionalText("winner_swapped"))),
                                    ]
                                    : []
                            )
                        ),
                    ]
                )
            );
        }

        return judges;
    }

    private static IEnumerable<string> ResultFiles(string folder) =>
        Directory.EnumerateFiles(folder, "result.json", SearchOption.AllDirectories).Where(file => ResultFileOf(file) is not null);

    /// <summary>Section and judge of a result file by its folders; null for a file elsewhere.</summary>
    private static (string Section, string Judge)? ResultFileOf(string file)
    {
        string[] folders = Path.GetDirectoryName(Path.GetFullPath(file))?.Split(Path.DirectorySeparatorChar) ?? [];
        int evaluators = Array.LastIndexOf(folders, "evaluators");
        return evaluators > 0 && evaluators == folders.Length - 3
            ? (
                SectionOf(Path.Combine(string.Join(Path.DirectorySeparatorChar, folders[..evaluators]), "dataset.json")),
                $"{folders[^2]} {folders[^1]}"
            )
            : null;
    }

    private static async Task<IReadOnlyList<RecordedJudge>> ReplayResultsAsync(
        string path,
        IReadOnlyList<BenchmarkItem> items,
        CancellationToken cancellationToken
    )
    {
        ILookup<string, BenchmarkItem> sections = items.ToLookup(item => item.Section);
        SortedDictionary<string, List<JudgedItem>> judges = new(StringComparer.Ordinal);
        foreach (string file in (File.Exists(path) ? [path] : ResultFiles(path)).Order(StringComparer.Ordinal))
        {
            if (ResultFileOf(file) is not var (section, judge) || !sections.Contains(section))
            {
                continue;
            }

            Dictionary<string, BenchmarkRow> records = (
                await BenchmarkRows.ReadAsync(file, wanted: null, cancellationToken).ConfigureAwait(false)
            ).ToDictionary(row => FormattableString.Invariant($"{section}:{row.Number}"));
            if (!judges.TryGetValue(judge, out List<JudgedItem>? judged))
            {
                judges[judge] = judged = [];
            }

            judged.AddRange(
                sections[section]
                    .Select(item => Replays.InOrders(item, records.TryGetValue(item.Id, out BenchmarkRow row) ? LastRound(row) : []))
            );
        }

        return judges.Count > 0
            ? [.. judges.Select(judge => new RecordedJudge(judge.Key, judge.Value))]
            : throw new InvalidDataException(
                $"'{path}' has results of none of the sections of the data ({string.Join(", ", sections.Select(section => section.Key))})."
            );
    }

    /// <summary>What the last round of a row says in each order, numbered as the data numbers outputs.</summary>
    private static ShownOutcome[] LastRound(BenchmarkRow row)
    {
        if (
            !row.Fields.TryGetProperty("results", out JsonElement rounds)
            || rounds.ValueKind != JsonValueKind.Array
            || rounds.EnumerateArray().LastOrDefault() is not { ValueKind: JsonValueKind.Object } last
        )
        {
            throw new InvalidDataException($"{row.Place}: the row has no 'results' of rounds.");
        }

        return [new ShownOutcome(ShownOrder.Given, Winner("swap = False")), new ShownOutcome(ShownOrder.Swapped, Winner("swap = True"))];

        MatchOutcome Winner(string order) =>
            last.TryGetProperty(order, out JsonElement said)
            && said.ValueKind == JsonValueKind.Object
            && said.TryGetProperty("winner", out JsonElement winner)
                ? Read(winner.ValueKind == JsonValueKind.String ? winner.GetString() : winner.GetRawText())
                : MatchOutcome.Missing;
    }

    /// <summary>
    /// The folders below "Dataset", as the authors name them: LLMBar/Natural, LLMBar/Adversarial/Manual, Processed/FairEval.
    /// </summary>
    private static string SectionOf(string file)
    {
        string[] folders = Path.GetDirectoryName(Path.GetFullPath(file))?.Split(Path.DirectorySeparatorChar) ?? [];
        int root = Array.FindLastIndex(folders, folder => folder is "LLMBar" or "Processed" or "CaseStudy");
        return string.Join('/', folders[Math.Max(root, folders.Length - 3)..]);
    }

    private static MatchOutcome Read(string? winner) =>
        winner switch
        {
            "1" => MatchOutcome.First,
            "2" => MatchOutcome.Second,
            _ => MatchOutcome.Missing,
        };
}
