using Microsoft.Extensions.AI;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Judging;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Testing;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Bench;

/// <summary>
/// Rollouts a second at rrm-mini's size: 384 sequences at once, six judgments of each of 64 prompts (32 pairs in both orders), as a step of
/// its recipe samples them. Temperature 1, at most 360 tokens. Medians of several steps.
/// </summary>
internal static class RolloutBenchmark
{
    private const int Pairs = 32;
    private const int Each = 6;
    private const int MaxTokens = 360;
    private const int DefaultRounds = 7;

    public static Task<int> RunAsync(string[] args)
    {
        int rounds = args.Length > 0 ? int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : DefaultRounds;
        Machine.Print();
        using ParallelWorkers workers = new(Environment.ProcessorCount);
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            Measure(rounds, workers, type);
        }

        return Task.FromResult(0);
    }

    private static void Measure(int rounds, ParallelWorkers workers, ScalarType products)
    {
        string folder = Path.Combine(SharedFolder.RepositoryRoot, "models/rrm-mini");
        using DecoderModel model = DecoderModel.Load(folder, ScalarType.Float32, CPU);
        model.ProductType = products;
        using ModelReplicas replicas = new(model, workers.Count);
        using MatrixPeak peak = new(workers, products);
        using RolloutSampler sampler = new(replicas, workers, [.. model.Config.EosTokenIds]);
        int[][] prompts = [.. Prompts(folder)];
        List<WorkTime> peaks = [],
            steps = [];
        List<double> tokens = [];
        Sample(0);
        for (int round = 1; round <= rounds; round++)
        {
            peaks.Add(peak.Measure());
            steps.Add(WorkTime.Of(() => tokens.Add(Sample((ulong)round))));
        }

        Console.WriteLine(
            FormattableString.Invariant(
                $"{products} products, {prompts.Length * Each} sequences, {tokens.Average():0} tokens a step, {rounds} rounds, matrix peak {peak.Operations / WorkTime.Median(peaks.Select(time => time.Seconds)) / 1e9:0} GFLOP/s by the clock, {peak.Operations / WorkTime.Median(peaks.Select(time => time.ProcessorSeconds / workers.Count)) / 1e9:0} by processor time"
            )
        );
        Print("by the clock", time => time.Seconds);
        Print("by processor time, times cores", time => time.ProcessorSeconds / workers.Count);

        void Print(string how, Func<WorkTime, double> measure) =>
            Console.WriteLine(
                FormattableString.Invariant(
                    $"  {how, -31} {WorkTime.Median(steps.Zip(tokens, (time, count) => count / measure(time))), 7:0} tokens/s"
                )
            );

        double Sample(ulong seed) =>
            sampler.Sample(prompts, Each, new SamplingSettings(1, MaxTokens), seed).Sum(completion => completion.Ids.Length);
    }

    private static IEnumerable<int[]> Prompts(string folder)
    {
        ChatTokenizer chat = ChatTokenizer.Load(folder);
        JudgePrompt prompt = JudgePrompt.Load(Path.Combine(folder, "judge-prompt.txt"));
        ChatRenderOptions begins = new() { AddGenerationPrompt = true };
        DataRow[] rows =
        [
            .. RowReader.ReadAsync(Path.Combine(SharedFolder.RepositoryRoot, "recipes/rrm-mini/heldout.jsonl")).ToBlockingEnumerable(),
        ];
        foreach (DataRow row in rows.Where((_, index) => index % (rows.Length / Pairs) == 0).Take(Pairs))
        {
            if (RowRecognizer.Recognize(row) is not PairContent pair)
            {
                throw new InvalidDataException($"{row.Place} is no pair.");
            }

            foreach (Comparison comparison in new[] { pair.Comparison, pair.Comparison.Mirrored() })
            {
                IReadOnlyList<ChatMessage> messages = prompt.Render(comparison, ShownOrder.Given);
                yield return chat.Render(
                    [.. messages.Select(message => new ChatMessageText(message.Role.Value, message.Text))],
                    begins
                ).Ids;
            }
        }
    }
}
