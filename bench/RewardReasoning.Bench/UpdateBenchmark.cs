using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Losses;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Bench;

/// <summary>
/// The update phase of training as a share of what the machine can multiply: forward, backward, sum of the workers' gradients, clipping and
/// AdamW on a Qwen2 of 21.9M parameters N, 8 rows of 512 tokens, 6·N·tokens counted. Products and weights in float32, and each of both ways
/// to bfloat16. Peak and update are measured in turn, so that other jobs disturb both alike; medians are given.
/// </summary>
internal static class UpdateBenchmark
{
    private const int Rows = 8;
    private const int Length = 512;
    private const int DefaultRounds = 7;

    private static readonly DecoderConfig Config = new()
    {
        Architecture = DecoderArchitecture.Qwen2,
        VocabularySize = 8_192,
        HiddenSize = 512,
        IntermediateSize = 1_408,
        LayerCount = 6,
        HeadCount = 8,
        KeyValueHeadCount = 4,
        HeadDimension = 64,
        QkvBias = true,
        TieWordEmbeddings = true,
        MaxPositions = Length,
    };

    public static Task<int> RunAsync(string[] args)
    {
        int rounds = args.Length > 0 ? int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : DefaultRounds;
        Machine.Print();
        using ParallelWorkers workers = new(Environment.ProcessorCount);
        Measure("float32", rounds, workers, ScalarType.Float32, ScalarType.Float32, ScalarType.Float32);
        Measure("bfloat16 products over float32 weights", rounds, workers, ScalarType.Float32, ScalarType.BFloat16, ScalarType.BFloat16);
        Measure(
            "bfloat16 weights over float32 master copies",
            rounds,
            workers,
            ScalarType.BFloat16,
            ScalarType.BFloat16,
            ScalarType.BFloat16
        );
        return Task.FromResult(0);
    }

    private static void Measure(
        string name,
        int rounds,
        ParallelWorkers workers,
        ScalarType weights,
        ScalarType products,
        ScalarType peakType
    )
    {
        using DecoderModel master = DecoderModel.CreateRandom(Config, 1, CPU);
        using DecoderModel? rounded = weights == ScalarType.Float32 ? null : master.ConvertTo(weights);
        DecoderModel model = rounded ?? master;
        model.ProductType = products;
        using ModelReplicas replicas = new(model, workers.Count);
        using FusedAdamW optimizer = new(master.Trainable, new AdamWOptions());
        using MatrixPeak peak = new(workers, peakType);
        using Tensor ids = randint(0, Config.VocabularySize, [Rows, Length], dtype: ScalarType.Int64);
        double parameters = master.Parameters.Sum(parameter => (double)parameter.Value.numel());
        double operations = 6 * parameters * Rows * Length;
        Step();

        List<WorkTime> peaks = [],
            updates = [];
        for (int round = 0; round < rounds; round++)
        {
            peaks.Add(peak.Measure());
            updates.Add(WorkTime.Of(Step));
        }

        Console.WriteLine(FormattableString.Invariant($"{name}, {parameters / 1e6:0.0}M parameters, {rounds} rounds"));
        Print("by the clock", time => time.Seconds);
        Print("by processor time, times cores", time => time.ProcessorSeconds / workers.Count);

        void Print(string how, Func<WorkTime, double> measure)
        {
            double top = peak.Operations / WorkTime.Median(peaks.Select(measure)),
                reached = operations / WorkTime.Median(updates.Select(measure));
            Console.WriteLine(
                FormattableString.Invariant(
                    $"  {how, -31} peak {top / 1e9, 6:0} GFLOP/s, update {reached / 1e9, 6:0} GFLOP/s, {reached / top, 6:0.0%}, {Rows * Length * reached / operations, 7:0} tokens/s"
                )
            );
        }

        void Step()
        {
            _ = workers.Run(worker => Backpropagate(worker));
            using DisposeScope scope = NewDisposeScope();
            IReadOnlyList<Tensor?> gradients = replicas.SumGradients();
            _ = GradientClip.ClipByNorm(gradients, 1);
            optimizer.Step(gradients, 1e-4);
            replicas.ClearGradients();
            if (rounded is not null)
            {
                rounded.CopyWeights(master);
            }
        }

        double Backpropagate(int worker)
        {
            using DisposeScope scope = NewDisposeScope();
            int each = Rows / workers.Count;
            Tensor rows = ids.narrow(0, worker * each, each);
            DecoderModel view = replicas.Models[worker];
            double loss = view.Backpropagate(
                rows,
                hidden =>
                {
                    Tensor logits = view.Logits(hidden.narrow(1, 0, Length - 1).reshape(-1, Config.HiddenSize));
                    return CrossEntropy.Compute(logits, rows.narrow(1, 1, Length - 1).reshape(-1), weights: null, Rows * (Length - 1));
                }
            );
            replicas.Collect(worker);
            return loss;
        }
    }
}
