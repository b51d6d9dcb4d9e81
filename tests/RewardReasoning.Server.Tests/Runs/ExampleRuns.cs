using RewardReasoning.Evaluation;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Judging;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Runs;

/// <summary>Folders of runs as <c>rrm bench</c> and <c>rrm train</c> leave them.</summary>
internal static class ExampleRuns
{
    private const string Pairs = """
        {"query": "which letter?", "chosen": "good", "rejected": "bad"}
        {"query": "which number?", "chosen": "right", "rejected": "wrong"}

        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A benchmark of two pairs, judged by one that prefers the response with a word.</summary>
    public static async Task BenchAsync(string folder, string prefers)
    {
        using TemporaryFolder data = new();
        await File.WriteAllTextAsync(data["pairs.jsonl"], Pairs, Cancellation);
        ScriptedChatClient model = new(request =>
        {
            string shown = request.UserText[request.UserText.IndexOf("Assistant 1", StringComparison.Ordinal)..];
            int second = shown.IndexOf("Assistant 2", StringComparison.Ordinal);
            return new() { Text = $"\\boxed{{Assistant {(shown[..second].Contains(prefers, StringComparison.Ordinal) ? 1 : 2)}}}" };
        });
        Benchmark pairs = BenchmarkCatalog.Find("pairs");
        using OpenedJudge judge = JudgeFactory.Open(model, pairs.ApplyTo(new JudgeOptions()));
        await new BenchmarkRunner(judge, new() { Folder = folder }).RunAsync(pairs, data["pairs.jsonl"], Cancellation);
    }

    /// <summary>A training run of some steps.</summary>
    public static void Train(string folder, int steps, double gain = 0.1, bool isFinished = false)
    {
        Directory.CreateDirectory(isFinished ? Path.Combine(folder, "model") : folder);
        File.WriteAllText(Path.Combine(folder, "recipe.json"), "{}");
        File.WriteAllLines(
            Path.Combine(folder, "metrics.jsonl"),
            Enumerable
                .Range(1, steps)
                .Select(step =>
                    FormattableString.Invariant(
                        $$"""{"step":{{step}},"loss":{{1.0 / step}},"reward/mean":{{gain * step}},"nothing":null,"time/unix_seconds":{{step}}}"""
                    )
                )
                .Append("""{"step":""")
        );
    }
}
