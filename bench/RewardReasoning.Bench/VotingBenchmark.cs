using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Testing;

namespace RewardReasoning.Bench;

/// <summary>
/// What the stopping rules save, and what they cost in accuracy. First exactly, for simulated judges whose votes are right independently;
/// then measured: a model judges labelled pairs at temperature 1 with all votes, and again with each rule, on the same seeds.
/// Usage: <c>voting [--out FOLDER] [--pairs FILE] [--limit N] [--model FOLDER]</c>; FOLDER/judging.md gets the tables between its marks,
/// FOLDER/plots the plot.
/// </summary>
internal static class VotingBenchmark
{
    private const int MaxVotes = 17;
    private const int Concurrency = 512;
    private static readonly double[] Qualities = [0.8, 0.9, 0.95];
    private static readonly string[] SimulatedRules = ["fixed", "certain", "0.95", "0.95,certain"];
    private static readonly string[] MeasuredRules = ["fixed", "certain", "0.95"];
    private static readonly double[] PlottedLevels = [0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999];

    public static async Task<int> RunAsync(string[] args)
    {
        string folder = Arguments.ValueOf(args, "--model") ?? "models/rrm-mini";
        int limit = int.Parse(Arguments.ValueOf(args, "--limit") ?? $"{int.MaxValue}", CultureInfo.InvariantCulture);
        Machine.Print();
        PairContent[] pairs = await ReadAsync(
            Arguments.ValueOf(args, "--pairs") ?? "recipes/rrm-mini/heldout.jsonl",
            limit,
            JudgeFiles.Read(folder).Domain
        );
        using LocalChatClient client = LocalChatClient.Load(folder);
        List<(string Rule, Judgment[] Judgments, double Seconds)> runs = [];
        foreach (string rule in MeasuredRules)
        {
            long start = Stopwatch.GetTimestamp();
            Judgment[] judgments = await JudgeAsync(client, folder, rule, pairs);
            runs.Add((rule, judgments, Stopwatch.GetElapsedTime(start).TotalSeconds));
            Console.Error.WriteLine(FormattableString.Invariant($"{rule}: {runs[^1].Seconds:0} s"));
        }

        string tables = $"{Simulated()}\n{Measured(folder, pairs, runs)}";
        Console.WriteLine(tables);
        if (Arguments.ValueOf(args, "--out") is { } output)
        {
            DocumentPart.Replace(Path.Combine(output, "judging.md"), "voting", tables);
            Directory.CreateDirectory(Path.Combine(output, "plots"));
            Plot(pairs, runs[0].Judgments).Save(Path.Combine(output, "plots", "voting.svg"));
        }

        return 0;
    }

    private static string Simulated()
    {
        StringBuilder text = new();
        text.AppendLine(FormattableString.Invariant($"Simulated judges, at most {MaxVotes} votes (expected votes and accuracy, exact):"));
        text.AppendLine();
        text.AppendLine($"| a vote is right with | {string.Join(" | ", SimulatedRules.Select(rule => $"`{rule}`"))} |");
        text.AppendLine($"|---|{string.Concat(Enumerable.Repeat("---|", SimulatedRules.Length))}");
        foreach (double quality in Qualities)
        {
            IEnumerable<string> cells = SimulatedRules
                .Select(rule => VotingExpectation.Of(VoteStopping.Parse(rule), MaxVotes, quality))
                .Select(expected =>
                    string.Create(CultureInfo.InvariantCulture, $"{expected.Votes:0.00} votes, {expected.Accuracy:0.000%}")
                );
            text.AppendLine(FormattableString.Invariant($"| {quality:0.00} | {string.Join(" | ", cells)} |"));
        }

        return text.ToString();
    }

    /// <summary>Labelled pairs that the model can judge, each in one order, spread over the file.</summary>
    private static async Task<PairContent[]> ReadAsync(string path, int limit, JudgeDomain? domain)
    {
        PairContent[] all = await RowReader
            .ReadAsync(path)
            .Select(RowRecognizer.Recognize)
            .OfType<PairContent>()
            .Where(row => row.Label != Verdict.Unparsable && domain?.Check(row.Comparison) is null)
            .DistinctBy(row => Convert.ToHexString(ComparisonHash.OfUnorderedPair(row.Comparison)))
            .ToArrayAsync();
        int count = Math.Min(limit, all.Length);
        return [.. Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Length / count)])];
    }

    private static string Measured(string folder, PairContent[] pairs, List<(string Rule, Judgment[] Judgments, double Seconds)> runs)
    {
        StringBuilder text = new();
        text.AppendLine(
            FormattableString.Invariant(
                $"{folder}, {pairs.Length:N0} pairs, temperature 1, at most {MaxVotes} votes, every rule run by itself on the same seeds:"
            )
        );
        text.AppendLine();
        text.AppendLine("| rule | votes | generated tokens | share of fixed | accuracy | same verdict as fixed | missing |");
        text.AppendLine("|---|---|---|---|---|---|---|");
        Judgment[] all = runs[0].Judgments;
        foreach ((string rule, Judgment[] judgments, _) in runs)
        {
            long tokens = Tokens(judgments);
            double right = Accuracy(pairs, judgments.Select(judgment => judgment.Preferred));
            int same = all.Zip(judgments).Count(pair => pair.First.Preferred == pair.Second.Preferred);
            text.AppendLine(
                FormattableString.Invariant(
                    $"| `{rule}` | {judgments.Average(judgment => judgment.Votes.Count):0.00} | {tokens:N0} | {(double)tokens / Tokens(all):0.0%} | {right:0.00%} | {same:N0} of {pairs.Length:N0} | {judgments.Count(judgment => judgment.Preferred is null)} |"
                )
            );
        }

        double single = Accuracy(pairs, all.Select(judgment => Prefix(judgment, 1).Preferred));
        text.AppendLine(
            FormattableString.Invariant(
                $"| the first vote alone | 1.00 | {all.Sum(judgment => Prefix(judgment, 1).Tokens):N0} | {(double)all.Sum(judgment => Prefix(judgment, 1).Tokens) / Tokens(all):0.0%} | {single:0.00%} | {all.Count(judgment => Prefix(judgment, 1).Preferred == judgment.Preferred):N0} of {pairs.Length:N0} | {all.Count(judgment => Prefix(judgment, 1).Preferred is null)} |"
            )
        );
        return text.ToString();
    }

    /// <summary>
    /// Accuracy against tokens, by what the first votes of the full run say: those are the votes that fewer votes would be.
    /// </summary>
    private static LineChart Plot(PairContent[] pairs, Judgment[] judgments)
    {
        (double Tokens, double Accuracy)[] fixedVotes =
        [
            .. Enumerable.Range(0, (MaxVotes / 2) + 1).Select(k => At(judgment => Prefix(judgment, (2 * k) + 1))),
        ];
        (double Tokens, double Accuracy)[] confident =
        [
            .. PlottedLevels.Select(level => At(judgment => Stopped(judgment, new VoteStopping.Confidence(level)))),
        ];
        (double Tokens, double Accuracy) certain = At(judgment => Stopped(judgment, new VoteStopping.Certain()));
        return new LineChart
        {
            Title = FormattableString.Invariant($"{pairs.Length:N0} held-out pairs, rrm-mini at temperature 1"),
            XTitle = "generated tokens a pair",
            YTitle = "accuracy",
            Lines =
            [
                new(
                    "confidence 0.7 to 0.999, at most 17 votes",
                    [.. confident.Select(point => point.Tokens)],
                    [.. confident.Select(point => point.Accuracy)]
                ),
                new(
                    "fixed: 1, 3, 5 … 17 votes",
                    [.. fixedVotes.Select(point => point.Tokens)],
                    [.. fixedVotes.Select(point => point.Accuracy)]
                ),
                new("certain, at most 17 votes", [certain.Tokens], [certain.Accuracy]),
            ],
        };

        (double Tokens, double Accuracy) At(Func<Judgment, (Verdict? Preferred, long Tokens)> stop) =>
            (judgments.Average(judgment => stop(judgment).Tokens), Accuracy(pairs, judgments.Select(judgment => stop(judgment).Preferred)));
    }

    private static (Verdict? Preferred, long Tokens) Stopped(Judgment judgment, VoteStopping rule)
    {
        int asked = 0;
        while (
            StoppingRule.EndAt(
                rule,
                Count(judgment, asked, Verdict.First),
                Count(judgment, asked, Verdict.Second),
                judgment.Votes.Count - asked
            )
                is null
        )
        {
            asked++;
        }

        return Prefix(judgment, asked);
    }

    private static (Verdict? Preferred, long Tokens) Prefix(Judgment judgment, int votes)
    {
        int lead = Count(judgment, votes, Verdict.First) - Count(judgment, votes, Verdict.Second);
        return (
            lead > 0 ? Verdict.First
            : lead < 0 ? Verdict.Second
            : null,
            judgment.Votes.Take(votes).Sum(vote => vote.Usage.OutputTokens)
        );
    }

    private static int Count(Judgment judgment, int votes, Verdict verdict) =>
        judgment.Votes.Take(votes).Count(vote => vote.Verdict == verdict);

    private static double Accuracy(PairContent[] pairs, IEnumerable<Verdict?> preferred) =>
        pairs.Zip(preferred).Average(pair => pair.First.Label == pair.Second ? 1.0 : 0.0);

    private static Task<Judgment[]> JudgeAsync(IChatClient client, string folder, string rule, PairContent[] pairs)
    {
        JudgeOptions options = JudgeFiles
            .Read(folder)
            .ApplyTo(
                new()
                {
                    Votes = MaxVotes,
                    Stopping = VoteStopping.Parse(rule),
                    Temperature = 1,
                    Concurrency = Concurrency,
                }
            );
        ReasoningJudge judge = new(client, options);
        return Task.WhenAll(pairs.Select(pair => judge.JudgeAsync(pair.Comparison)));
    }

    private static long Tokens(Judgment[] judgments) => judgments.Sum(judgment => judgment.Usage.OutputTokens);
}
