using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tests.Checkpoints;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Decoder;

/// <summary>However sequences are kept, each must see what it would see if it were computed alone from its first token.</summary>
public sealed class KvCacheTests : IDisposable
{
    private const double Tolerance = 1e-4;
    private const int Tokens = 40; // more than two pages

    private static readonly int[][] Prompts =
    [
        [5, 6, 7],
        [9],
        [.. Enumerable.Range(10, 35)],
    ];

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly IDisposable _noGrad = no_grad();

    public KvCacheTests() => set_num_threads(1);

    public static TheoryData<string, int, int, int> Shapes =>
        new()
        {
            { "qwen2", 6, 2, 32 },
            { "qwen2", 4, 4, 16 },
            { "qwen3-yarn", 4, 1, 48 },
            { "llama-llama3", 4, 2, 64 },
        };

    public void Dispose()
    {
        _noGrad.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Next_Pages_IsWhatEachSequenceGetsAlone(string architecture, int heads, int keyValueHeads, int dimension)
    {
        DecoderConfig config = TinyModels.Get(architecture) with
        {
            HeadCount = heads,
            KeyValueHeadCount = keyValueHeads,
            HeadDimension = dimension,
        };
        using DecoderModel model = DecoderModel.CreateRandom(config, seed: 3, CPU);
        using KvCache memory = KvCache.For(model);

        Assert.True(memory.RowsAreIndependent);
        SeesWhatItWouldSeeAlone(model, memory);
    }

    [Fact]
    public void Next_HeadsThatAreNoWholeVectors_IsWhatEachSequenceGetsAlone()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 3, CPU);
        using KvCache memory = KvCache.For(model);

        Assert.False(memory.RowsAreIndependent);
        SeesWhatItWouldSeeAlone(model, memory);
    }

    [Fact]
    public void Next_BFloat16Weights_IsWhatEachSequenceGetsAloneWithinRounding()
    {
        using DecoderModel single = DecoderModel.CreateRandom(TinyModels.Qwen2 with { HeadDimension = 16 }, seed: 3, CPU);
        using DecoderModel model = single.ConvertTo(ScalarType.BFloat16);
        using KvCache memory = KvCache.For(model);

        SeesWhatItWouldSeeAlone(model, memory, tolerance: 0.1);
    }

    [Fact]
    public void Next_Adapters_IsWhatEachSequenceGetsAlone()
    {
        DecoderConfig config = TinyModels.Get("llama-bias") with { HeadDimension = 16 };
        using DecoderModel model = DecoderModel.CreateRandom(config, seed: 3, CPU);
        using Generator generator = new(5, CPU);
        model.AddAdapters(new LowRankOptions { Rank = 3, Alpha = 6 }, seed: 4);
        foreach (
            (_, Tensor value) in model.Adapters.Where(adapter => adapter.Name.EndsWith(LowRankAdapter.UpSuffix, StringComparison.Ordinal))
        )
        {
            value.copy_(randn(value.shape, dtype: ScalarType.Float32, generator: generator)); // zeros at first, which would change nothing
        }

        using KvCache memory = KvCache.For(model);

        Assert.True(memory.RowsAreIndependent);
        SeesWhatItWouldSeeAlone(model, memory);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Next_OtherRowsBeside_GivesTheSameBits(ScalarType type)
    {
        using DecoderModel single = DecoderModel.CreateRandom(TinyModels.Qwen2 with { HeadDimension = 16 }, seed: 3, CPU);
        using DecoderModel model = single.ConvertTo(type);
        using KvCache together = KvCache.For(model);
        using KvCache alone = KvCache.For(model);
        IReadOnlyList<KvRow> rows = [.. Prompts.SelectMany(prompt => together.Begin(model, [prompt], 3).Rows)];
        IReadOnlyList<KvRow> singles = [.. Prompts.Select(prompt => alone.Begin(model, [prompt], 1).Rows[0])];
        for (int step = 0; step < Tokens; step++)
        {
            Tensor logits = together.Next(model, rows, [.. rows.Select((_, row) => Id(row, row % 3 == 0 ? step : step + row))]);
            for (int prompt = 0; prompt < Prompts.Length; prompt++)
            {
                Tensor own = alone.Next(model, [singles[prompt]], [Id(prompt * 3, step)]);
                Assert.Equal(own[0].data<float>().ToArray(), logits[prompt * 3].data<float>().ToArray());
            }
        }
    }

    [Fact]
    public void End_RowsThatLeave_DoNotChangeWhatOthersSee()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2 with { HeadDimension = 16 }, seed: 3, CPU);
        foreach (KvCache memory in new[] { KvCache.For(model), new TensorKvCache() })
        {
            using (memory)
            {
                List<KvRow> rows = [.. memory.Begin(model, Prompts, 2).Rows];
                List<int> numbers = [.. Enumerable.Range(0, rows.Count)];
                for (int step = 0; step < Tokens - 1; step++)
                {
                    if (step % 10 == 9)
                    {
                        memory.End(rows[1]); // its pages go to whoever needs one next
                        rows.RemoveAt(1);
                        numbers.RemoveAt(1);
                    }

                    Tensor logits = memory.Next(model, rows, [.. numbers.Select(row => Id(row, step))]);
                    Assert.Equal([rows.Count, model.Config.VocabularySize], logits.shape);
                    for (int i = 0; i < rows.Count; i++)
                    {
                        Assert.True(
                            ParityFolder.LargestDifference(model.Logits(Alone(model, numbers[i], step + 1)), logits[i]) < Tolerance
                        );
                    }
                }
            }
        }
    }

    [Fact]
    public void Begin_AfterClear_StartsFromNothing()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2 with { HeadDimension = 16 }, seed: 3, CPU);
        using KvCache memory = KvCache.For(model);
        SeesWhatItWouldSeeAlone(model, memory);

        memory.Clear();

        SeesWhatItWouldSeeAlone(model, memory);
    }

    [Fact]
    public void Next_GradientsOn_IsRefused()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2 with { HeadDimension = 16 }, seed: 3, CPU);
        model.SetRequiresGrad(true);
        using KvCache memory = KvCache.For(model);
        IReadOnlyList<KvRow> rows = memory.Begin(model, Prompts, 1).Rows;
        using IDisposable gradients = enable_grad();

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => memory.Next(model, rows, [1, 2, 3]));

        Assert.Contains("no_grad", error.Message, StringComparison.Ordinal);
    }

    private static void SeesWhatItWouldSeeAlone(DecoderModel model, KvCache memory, double tolerance = Tolerance)
    {
        const int repeats = 2;
        (Tensor first, IReadOnlyList<KvRow> rows) = memory.Begin(model, Prompts, repeats);
        for (int prompt = 0; prompt < Prompts.Length; prompt++)
        {
            Assert.True(ParityFolder.LargestDifference(Alone(model, prompt * repeats, 0), first[prompt]) < tolerance);
        }

        for (int step = 0; step < Tokens; step++)
        {
            Tensor logits = memory.Next(model, rows, [.. rows.Select((_, row) => Id(row, step))]);
            for (int row = 0; row < rows.Count; row++)
            {
                Assert.True(
                    ParityFolder.LargestDifference(model.Logits(Alone(model, row, step + 1)), logits[row]) < tolerance,
                    $"row {row}, step {step}"
                );
            }
        }
    }

    private static int Id(int row, int step) => ((row * 7) + (step * 3)) % 50;

    private static Tensor Alone(DecoderModel model, int row, int tokens)
    {
        long[] ids = [.. Prompts[row / 2].Select(id => (long)id), .. Enumerable.Range(0, tokens).Select(step => (long)Id(row, step))];
        return model.Hidden(tensor(ids).unsqueeze(0))[0, -1];
    }
}
