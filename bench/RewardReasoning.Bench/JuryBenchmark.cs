using System.Globalization;
using System.Text;
using RewardReasoning.Evaluation;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Juries;
using RewardReasoning.Ratings;

namespace RewardReasoning.Bench;

/// <summary>
/// What a jury of recorded judges is worth, on the labelled pairs of LLMBar: its cross-validated log-loss against that of the best member,
/// of the mean of all, and of the five best. Usage: <c>jury [--data FOLDER] [--members] [--out FOLDER]</c>; --members prints each;
/// FOLDER/judging.md gets the table between its marks.
/// </summary>
internal static class JuryBenchmark
{
    private const string Name = "llmbar";
    private const int Folds = 5;
    private const int BestFew = 5;

    public static async Task<int> RunAsync(string[] args)
    {
        string data = Path.Combine(Arguments.ValueOf(args, "--data") ?? "tests/Fixtures/data", Name);
        Machine.Print();
        BenchmarkDefinition benchmark = (BenchmarkDefinition)BenchmarkCatalog.Find(Name);
        IReadOnlyList<BenchmarkItem> items = await benchmark.ReadAsync(data, default);
        IReadOnlyList<RecordedJudge> judges = await benchmark.ReplayAsync(Path.Combine(data, "judgments.jsonl.gz"), items, default);
        StringBuilder text = new();
        text.AppendLine(
            "| members | pairs | jury: log-loss | right | equal weights: log-loss | right | best member: log-loss | right | the jury on its pairs | Fleiss' kappa |"
        );
        text.AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        JuryReport all = Append(text, "all", judges);
        string[] best = [.. all.Members.OrderBy(member => member.LogLoss ?? double.MaxValue).Take(BestFew).Select(member => member.Name)];
        Append(text, $"the {BestFew} best", [.. judges.Where(judge => best.Contains(judge.Name))]);
        foreach (string family in judges.Select(judge => FamilyOf(judge.Name)).Distinct())
        {
            Append(text, family, [.. judges.Where(judge => FamilyOf(judge.Name) == family)]);
        }

        Append(text, "all but GPT-4", [.. judges.Where(judge => FamilyOf(judge.Name) != "GPT-4")]);
        Console.WriteLine(text);
        if (args.Contains("--members"))
        {
            foreach (JuryMember member in all.Members)
            {
                Console.WriteLine(
                    FormattableString.Invariant(
                        $"{member.Name}\t{member.Weight:0.00}\t{member.Pairs}\t{member.Right:0.0%}\t{member.LogLoss:0.0000}"
                    )
                );
            }
        }

        if (Arguments.ValueOf(args, "--out") is { } output)
        {
            DocumentPart.Replace(Path.Combine(output, "judging.md"), "jury", text.ToString());
        }

        return 0;
    }

    private static JuryReport Append(StringBuilder text, string name, IReadOnlyList<RecordedJudge> judges)
    {
        JuryReport report = JuryReport.Of([.. judges.Select(judge => judge.Name)], PairsOf(judges), Folds);
        JuryMember? best = report.Best;
        text.AppendLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"| {name}, {judges.Count} | {report.Pairs:#,0} | {report.LogLoss:0.000} | {report.Right:0.0%} | {report.EqualLogLoss:0.000} | {report.EqualRight:0.0%} | {best?.Name}: {best?.LogLoss:0.000} | {best?.Right:0.0%} | {best?.JuryLogLoss:0.000} | {(report.Kappa is { } kappa ? $"{kappa:0.00} ({report.KappaPairs})" : "-")} |"
            )
        );
        return report;
    }

    private static string FamilyOf(string judge) => judge.Split(' ', '/', '_')[0];

    private static List<JuryPair> PairsOf(IReadOnlyList<RecordedJudge> judges)
    {
        Dictionary<BenchmarkItem, double?[]> said = [];
        for (int at = 0; at < judges.Count; at++)
        {
            foreach (JudgedItem judged in judges[at].Items.Where(judged => judged.Item.Gold is MatchOutcome.First or MatchOutcome.Second))
            {
                if (!said.TryGetValue(judged.Item, out double?[]? leans))
                {
                    said[judged.Item] = leans = new double?[judges.Count];
                }

                MatchOutcome[] outcomes =
                [
                    .. judged.Shown.Select(shown => shown.Outcome).Where(outcome => outcome != MatchOutcome.Missing),
                ];
                leans[at] = outcomes.Length == 0 ? null : outcomes.Average(LeanOf);
            }
        }

        return
        [
            .. said.OrderBy(pair => pair.Key.Id, StringComparer.Ordinal)
                .Select(pair => new JuryPair(pair.Key.Comparison.Query, pair.Key.Gold == MatchOutcome.First, pair.Value)),
        ];
    }

    private static double LeanOf(MatchOutcome outcome) =>
        outcome == MatchOutcome.First ? 1
        : outcome == MatchOutcome.Second ? -1
        : 0;
}
