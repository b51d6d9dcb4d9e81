using System.Globalization;
using RewardReasoning.Models;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Generation;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Bench;

/// <summary>
/// Tokens a second of the engine in this process: prefill, one stream, and votes that share a prompt, on random weights of two shapes. The
/// fastest that the machine multiplies and reads memory is measured in turn with them, and each figure is given as a share of that limit too.
/// Medians of interleaved rounds. Usage: <c>engine [--rounds N] [--dtype bf16|f32] [--weights int8] [--only TEXT] [--gguf FOLDER]</c>. With
/// <c>--gguf</c> llama.cpp does the same in turn with the engine, on the same weights as F16 and Q8_0; its files have the tokenizer of that
/// folder, and the shapes its vocabulary. Rollouts at rrm-mini's size are <c>rollouts</c>.
/// </summary>
internal static class EngineBenchmark
{
    private const string DefaultRounds = "5";

    /// <summary>Random weights give flat distributions; this makes them as peaked as those of a trained model at temperature 1.</summary>
    private const float Temperature = 0.1f;

    private static readonly DecoderConfig Qwen = new()
    {
        Architecture = DecoderArchitecture.Qwen2,
        VocabularySize = 32_000,
        HiddenSize = 1_024,
        IntermediateSize = 4_096,
        LayerCount = 24,
        HeadCount = 16,
        KeyValueHeadCount = 2,
        HeadDimension = 64,
        QkvBias = true,
        TieWordEmbeddings = true,
        MaxPositions = 8_192,
    };

    private static readonly DecoderConfig SmolLm2 = new()
    {
        Architecture = DecoderArchitecture.Llama,
        VocabularySize = 49_152,
        HiddenSize = 576,
        IntermediateSize = 1_536,
        LayerCount = 30,
        HeadCount = 9,
        KeyValueHeadCount = 3,
        HeadDimension = 64,
        TieWordEmbeddings = true,
        MaxPositions = 8_192,
    };

    private static readonly Work[] All =
    [
        new("0.39B, prefill of 1,000 tokens", Qwen, Votes: 1, Prompt: 1_000, Tokens: 1),
        new("0.39B, one stream of 64 tokens", Qwen, Votes: 1, Prompt: 32, Tokens: 64),
        new("0.39B, 16 votes of 64 tokens behind 1,000", Qwen, Votes: 16, Prompt: 1_000, Tokens: 64),
        new("0.39B, 16 votes of 64 tokens behind 4,000", Qwen, Votes: 16, Prompt: 4_000, Tokens: 64),
        new("0.39B, 64 votes of 64 tokens behind 1,000", Qwen, Votes: 64, Prompt: 1_000, Tokens: 64),
        new("SmolLM2-135M, one stream of 64 tokens", SmolLm2, Votes: 1, Prompt: 32, Tokens: 64),
        new("SmolLM2-135M, 64 votes of 64 tokens behind 100", SmolLm2, Votes: 64, Prompt: 100, Tokens: 64),
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        int rounds = int.Parse(Arguments.ValueOf(args, "--rounds") ?? DefaultRounds, CultureInfo.InvariantCulture);
        ScalarType type = Arguments.ValueOf(args, "--dtype") == "f32" ? ScalarType.Float32 : ScalarType.BFloat16;
        bool eightBit = Arguments.ValueOf(args, "--weights") == "int8";
        string only = Arguments.ValueOf(args, "--only") ?? "";
        string? tokenizerFolder = Arguments.ValueOf(args, "--gguf");
        int? vocabulary = tokenizerFolder is null ? null : DecoderConfig.Load(tokenizerFolder).VocabularySize;
        Work[] works =
        [
            .. All.Where(work => work.Name.Contains(only, StringComparison.OrdinalIgnoreCase))
                .Select(work => work with { Config = work.Config with { VocabularySize = vocabulary ?? work.Config.VocabularySize } }),
        ];
        Machine.Print();
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(SharedFolder.RepositoryRoot, "models/rrm-mini"));
        using ParallelWorkers workers = new(Environment.ProcessorCount);
        using MatrixPeak singlePeak = new(workers, ScalarType.Float32);
        using MatrixPeak peak = new(workers, type);
        using MemoryPeak memory = new(workers);
        Dictionary<Work, List<Times>> times = works.ToDictionary(work => work, _ => new List<Times>());
        Dictionary<(Work Work, string Type), List<Times>> llama = [];
        List<WorkTime> singlePeaks = [],
            peaks = [],
            bandwidths = [];
        foreach (IGrouping<DecoderConfig, Work> shape in works.GroupBy(work => work.Config))
        {
            using DecoderModel model = Random(shape.Key, type);
            model.EightBitDecoding = eightBit;
            await using GenerationEngine engine = new(model, tokenizer);
            using LlamaFiles? files = tokenizerFolder is null ? null : new(model, tokenizerFolder, [.. shape]);
            foreach (Work work in shape)
            {
                Run(engine, work with { Tokens = Math.Min(work.Tokens, 2) }, seed: 0);
            }

            for (int round = 1; round <= rounds; round++)
            {
                singlePeaks.Add(singlePeak.Measure());
                peaks.Add(peak.Measure());
                bandwidths.Add(memory.Measure());
                foreach (Work work in shape)
                {
                    times[work].Add(Run(engine, work, (ulong)round));
                    foreach ((string name, LlamaVotes votes) in files?.Open ?? [])
                    {
                        if (!llama.TryGetValue((work, name), out List<Times>? its))
                        {
                            llama[(work, name)] = its = [];
                        }

                        (WorkTime prompt, WorkTime decode) = votes.Run(PromptOf(work, (ulong)round), work.Votes, work.Tokens);
                        its.Add(new Times(prompt, decode));
                    }
                }
            }
        }

        Print("by the clock", time => time.Seconds);
        Print("by processor time, times cores", time => time.ProcessorSeconds / workers.Count);
        return 0;

        void Print(string how, Func<WorkTime, double> measure)
        {
            Limits limits = new(
                singlePeak.Operations / WorkTime.Median(singlePeaks.Select(measure)),
                peak.Operations / WorkTime.Median(peaks.Select(measure)),
                memory.Bytes / WorkTime.Median(bandwidths.Select(measure)),
                type,
                eightBit
            );
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{how}: {type} weights{(eightBit ? ", decoding in 8 bits" : "")}, {rounds} rounds; float32 products {limits.SinglePeak / 1e9:0} GFLOP/s, {type} {limits.Peak / 1e9:0} GFLOP/s, memory {limits.Bandwidth / 1e9:0.0} GB/s"
                )
            );
            Console.WriteLine("| work | prefill tok/s | share | decode tok/s | share | generated tok/s over all |");
            Console.WriteLine("|---|---|---|---|---|---|");
            foreach (Work work in works)
            {
                Console.WriteLine(Row(work, times[work], measure, limits));
            }

            if (llama.Count > 0)
            {
                PrintLlama(works, times, llama, measure);
            }
        }
    }

    private static void PrintLlama(
        Work[] works,
        Dictionary<Work, List<Times>> times,
        Dictionary<(Work Work, string Type), List<Times>> llama,
        Func<WorkTime, double> measure
    )
    {
        Console.WriteLine();
        Console.WriteLine(
            "| work | llama.cpp | prefill tok/s | decode tok/s | over all | ours to it: prefill | decode | over all | to votes that share nothing |"
        );
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (((Work work, string type), List<Times> its) in llama.OrderBy(entry => Array.IndexOf(works, entry.Key.Work)))
        {
            string[] cells =
            [
                work.Name,
                type,
                $"{Median(its, time => work.Prompt / measure(time.Prefill)):0}",
                work.Tokens > 1 ? $"{Median(its, time => work.Votes * work.Tokens / measure(time.Decode)):0.0}" : "",
                work.Tokens > 1
                    ? $"{Median(its, time => work.Votes * work.Tokens / (measure(time.Prefill) + measure(time.Decode))):0.0}"
                    : "",
                $"{Ratio(time => measure(time.Prefill)):0.00}",
                work.Tokens > 1 ? $"{Ratio(time => measure(time.Decode)):0.00}" : "",
                work.Tokens > 1 ? $"{Ratio(time => measure(time.Prefill) + measure(time.Decode)):0.00}" : "",
                // A prompt computed for each vote, worked out from the times of one prompt and of the votes.
                work.Votes > 1
                    ? $"{Apart():0.0}"
                    : "",
            ];
            Console.WriteLine($"| {string.Join(" | ", cells)} |");

            double Ratio(Func<Times, double> part) => Median(its, part) / Median(times[work], part);

            double Apart() =>
                Median(its, time => (work.Votes * measure(time.Prefill)) + measure(time.Decode))
                / Median(times[work], time => measure(time.Prefill) + measure(time.Decode));
        }

        static double Median(List<Times> times, Func<Times, double> of) => WorkTime.Median(times.Select(of));
    }

    private static string Row(Work work, List<Times> times, Func<WorkTime, double> measure, Limits limits)
    {
        double prefill = WorkTime.Median(times.Select(time => work.Prompt / measure(time.Prefill))),
            decode = WorkTime.Median(times.Select(time => work.Votes * work.Tokens / measure(time.Decode))),
            whole = WorkTime.Median(times.Select(time => work.Votes * work.Tokens / (measure(time.Prefill) + measure(time.Decode))));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {work.Name} | {prefill:0} | {prefill / limits.Prefill(work):0%} | {(work.Tokens > 1 ? $"{decode:0.0}" : "")} | {(work.Tokens > 1 ? $"{decode / limits.Decode(work):0%}" : "")} | {(work.Tokens > 1 ? $"{whole:0.0}" : "")} |"
        );
    }

    private static DecoderModel Random(DecoderConfig config, ScalarType type)
    {
        DecoderModel single = DecoderModel.CreateRandom(config, seed: 1, CPU);
        if (type == ScalarType.Float32)
        {
            return single;
        }

        using (single)
        {
            return single.ConvertTo(type);
        }
    }

    private static int[] PromptOf(Work work, ulong seed)
    {
        SeededRandom random = new((1_000 * seed) + (ulong)work.Votes); // no work finds another's prompt in the prefix cache
        return [.. Enumerable.Range(0, work.Prompt).Select(_ => random.Next(work.Config.VocabularySize))];
    }

    /// <summary>
    /// Asks for one token, which computes the prompt, then for all votes at once, which find it in the prefix cache. The prompt differs from
    /// round to round.
    /// </summary>
    private static Times Run(GenerationEngine engine, Work work, ulong seed)
    {
        int[] prompt = PromptOf(work, seed);
        return new Times(Time(votes: 1, tokens: 1), work.Tokens > 1 ? Time(work.Votes, work.Tokens) : new WorkTime(0, 0));

        WorkTime Time(int votes, int tokens) =>
            WorkTime.Of(() =>
                Task.WaitAll(
                    Enumerable
                        .Range(0, votes)
                        .Select(vote => new GenerationRequest
                        {
                            Prompt = prompt,
                            MaxTokens = tokens,
                            Sampling = new SamplingOptions { Temperature = Temperature, Seed = (1_000 * seed) + (ulong)vote },
                        })
                        .Select(request => engine.GenerateAsync(request))
                )
            );
    }

    /// <summary>The model as GGUF files in a temporary folder, and llama.cpp with each of them open.</summary>
    private sealed class LlamaFiles : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public LlamaFiles(DecoderModel model, string tokenizerFolder, IReadOnlyList<Work> works)
        {
            string folder = _folder["model"];
            Directory.CreateDirectory(folder);
            ModelFolder.CarryFiles(tokenizerFolder, folder);
            model.Save(folder, ScalarType.BFloat16);
            int votes = works.Max(work => work.Votes),
                cells = works.Max(work => work.Prompt + (work.Votes * work.Tokens)) + 256;
            foreach (string type in (string[])["F16", "Q8_0"])
            {
                string file = _folder[$"{type}.gguf"];
                _ = GgufExport.Write(folder, file, type);
                Open.Add((type, new LlamaVotes(file, votes, cells)));
            }
        }

        public List<(string Type, LlamaVotes Votes)> Open { get; } = [];

        public void Dispose()
        {
            Open.ForEach(open => open.Votes.Dispose());
            _folder.Dispose();
        }
    }

    /// <summary>What is measured: votes behind one prompt.</summary>
    private sealed record Work(string Name, DecoderConfig Config, int Votes, int Prompt, int Tokens)
    {
        /// <summary>Weights that every token is multiplied by; of the embedding, the head is its only product.</summary>
        public double Weights { get; } =
            ParameterSpecification.Of(Config).Sum(item => item.Shape.Aggregate(1.0, (all, size) => all * size));
    }

    private sealed record Times(WorkTime Prefill, WorkTime Decode);

    /// <summary>
    /// The fastest that the weights allow, attention not counted: every token multiplies all of them, in the weights' type for a prompt and
    /// in float32 for few rows; a decode step reads all of them.
    /// </summary>
    private sealed record Limits(double SinglePeak, double Peak, double Bandwidth, ScalarType Type, bool EightBit)
    {
        public double Prefill(Work work) => Peak / (2 * (work.Weights - ((double)work.Config.VocabularySize * work.Config.HiddenSize)));

        public double Decode(Work work)
        {
            double bytes =
                    work.Weights
                    * (
                        EightBit ? 1
                        : Type == ScalarType.Float32 ? 4
                        : 2
                    ),
                operations = 2 * work.Weights * work.Votes;
            return work.Votes / Math.Max(bytes / Bandwidth, operations / SinglePeak);
        }
    }
}
