using System.Text.Json;
using RewardReasoning.Training.Optimization;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Optimization;

public sealed class FusedAdamWTests
{
    [Theory]
    [InlineData("norm below 1: gradients stay")]
    [InlineData("norm above 1: clipped")]
    [InlineData("decay on the weight alone")]
    [InlineData("other betas")]
    [InlineData("with cosine and warm-up: the first step has lr 0")]
    [InlineData("no gradient at the first and third step")]
    public void Step_FiveSteps_MatchReference(string name)
    {
        ReferenceCase reference = ReferenceNumbers.Load("adamw")[name];
        Run(reference, ScalarType.Float64, 1e-8, 1e-8);
        Run(reference, ScalarType.Float32, 2e-6, 1e-6);
    }

    [Fact]
    public void Step_FirstStep_MatchesHandArithmetic()
    {
        using var scope = NewDisposeScope();
        Tensor weight = tensor(
            new double[,]
            {
                { 1, -2 },
            }
        );
        using FusedAdamW optimizer = new([("w", weight)], new AdamWOptions { WeightDecay = 0.1 });

        // After one step both corrected moments are the gradient's own, so Adam moves by lr · sign(g); the decay by 1 − 0.5 · 0.1.
        optimizer.Step(
            [
                tensor(
                    new double[,]
                    {
                        { 3, -4 },
                    }
                ),
            ],
            0.5
        );

        ReferenceNumbers.AssertClose([0.95 - 0.5, -1.9 + 0.5], ReferenceNumbers.Flat(weight), 1e-8, "weight");
    }

    [Fact]
    public void Step_MissingGradient_LeavesTheParameterAlone()
    {
        using var scope = NewDisposeScope();
        Tensor used = ones(2, 2);
        Tensor unused = ones(2, 2);
        using FusedAdamW optimizer = new([("used", used), ("unused", unused)], new AdamWOptions { WeightDecay = 0.5 });

        optimizer.Step([ones(2, 2), null], 0.1);

        Assert.All(ReferenceNumbers.Flat(unused), value => Assert.Equal(1, value));
        Assert.All(ReferenceNumbers.Flat(used), value => Assert.NotEqual(1, value));
        Assert.Equal(0f, optimizer.ExportState()["unused.step"].item<float>());
        Assert.Equal(1f, optimizer.ExportState()["used.step"].item<float>());
    }

    [Fact]
    public void Step_OwnGradients_EqualsListedOnes()
    {
        using var scope = NewDisposeScope();
        Tensor mine = ones(2, 2).requires_grad_();
        Tensor listed = ones(2, 2);
        using FusedAdamW own = new([("w", mine)], new AdamWOptions());
        using FusedAdamW other = new([("w", listed)], new AdamWOptions());

        (mine * mine).sum().backward();
        own.Step(0.01);
        other.Step([full([2, 2], 2f)], 0.01);

        Assert.Equal(ReferenceNumbers.Flat(listed), ReferenceNumbers.Flat(mine));
    }

    [Fact]
    public void ImportState_ResumedHalfWay_IsBitForBitTheSame()
    {
        set_num_threads(1);
        using var scope = NewDisposeScope();
        using Generator random = new(3);
        Tensor start = randn([33, 17], generator: random);
        Tensor bias = randn([17], generator: random);
        Tensor[][] gradients =
        [
            .. Enumerable.Range(0, 8).Select(_ => new[] { randn([33, 17], generator: random), randn([17], generator: random) }),
        ];

        (Tensor w, Tensor b) straight = (start.clone(), bias.clone());
        using FusedAdamW whole = new([("w", straight.w), ("b", straight.b)], new AdamWOptions());
        (Tensor w, Tensor b) halves = (start.clone(), bias.clone());
        using FusedAdamW first = new([("w", halves.w), ("b", halves.b)], new AdamWOptions());
        for (int i = 0; i < 8; i++)
        {
            whole.Step(gradients[i], 1e-2);
        }

        for (int i = 0; i < 4; i++)
        {
            first.Step(gradients[i], 1e-2);
        }

        Dictionary<string, Tensor> saved = first.ExportState().ToDictionary(p => p.Key, p => p.Value.clone());
        (Tensor w, Tensor b) resumed = (halves.w.clone(), halves.b.clone());
        using FusedAdamW second = new([("w", resumed.w), ("b", resumed.b)], new AdamWOptions());
        second.ImportState(saved);
        for (int i = 4; i < 8; i++)
        {
            second.Step(gradients[i], 1e-2);
        }

        Assert.True(straight.w.eq(resumed.w).all().item<bool>() && straight.b.eq(resumed.b).all().item<bool>());
    }

    [Fact]
    public void ImportState_OfAnotherModel_ListsEveryFaultAndChangesNothing()
    {
        using var scope = NewDisposeScope();
        using FusedAdamW optimizer = new([("w", zeros(2, 2))], new AdamWOptions());
        Dictionary<string, Tensor> state = new()
        {
            ["w.m"] = ones(2, 2),
            ["w.v"] = ones(3),
            ["x.m"] = ones(1),
        };

        ArgumentException error = Assert.Throws<ArgumentException>(() => optimizer.ImportState(state));

        Assert.Contains("x.m belongs to no parameter", error.Message, StringComparison.Ordinal);
        Assert.Contains("w.v is [3]", error.Message, StringComparison.Ordinal);
        Assert.Contains("w.step is missing", error.Message, StringComparison.Ordinal);
        Assert.All(ReferenceNumbers.Flat(optimizer.ExportState()["w.m"]), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Constructor_NameTwice_IsRefused()
    {
        using var scope = NewDisposeScope();
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new FusedAdamW([("w", zeros(1)), ("w", zeros(1))], new AdamWOptions())
        );
        Assert.Contains("Parameter w is given 2 times", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Step_GradientOfAnotherShape_NamesTheParameter()
    {
        using var scope = NewDisposeScope();
        using FusedAdamW optimizer = new([("w", zeros(2, 2))], new AdamWOptions());
        Assert.Contains(
            "gradient of w is [2]",
            Assert.Throws<ArgumentException>(() => optimizer.Step([zeros(2)], 0.1)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Step_TransposedGradient_UpdatesTheRightElements()
    {
        using var scope = NewDisposeScope();
        Tensor weight = zeros(2, 3);
        using FusedAdamW optimizer = new([("w", weight)], new AdamWOptions());
        Tensor gradient = tensor(
                new float[,]
                {
                    { 1, -1 },
                    { 1, 1 },
                    { -1, 1 },
                }
            )
            .t(); // [2, 3]

        optimizer.Step([gradient], 0.5);

        ReferenceNumbers.AssertClose([-0.5, -0.5, 0.5, 0.5, -0.5, -0.5], ReferenceNumbers.Flat(weight), 1e-6, "weight");
    }

    [Fact]
    public void Constructor_TransposedParameter_IsRefused()
    {
        using var scope = NewDisposeScope();
        ArgumentException error = Assert.Throws<ArgumentException>(() => new FusedAdamW([("w", zeros(2, 3).t())], new AdamWOptions()));
        Assert.Contains("parameter w is [3, 2] Float32; it must be contiguous", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Step_GradientOfAnotherType_NamesTheParameter()
    {
        using var scope = NewDisposeScope();
        using FusedAdamW optimizer = new([("w", zeros(2))], new AdamWOptions());
        Assert.Contains(
            "gradient of w is [2] Float64; it must be Float32",
            Assert.Throws<ArgumentException>(() => optimizer.Step([zeros([2], float64)], 0.1)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Step_ManySteps_LeaveNoTensorBehind()
    {
        using var scope = NewDisposeScope();
        Tensor weight = zeros(4, 4).requires_grad_();
        using FusedAdamW optimizer = new([("w", weight)], new AdamWOptions());
        weight.sum().backward();
        Tensor gradient = ones(4, 4);
        Step();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (int i = 0; i < 10; i++)
        {
            Step();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Step()
        {
            GradientClip.ClipByNorm([gradient], 1);
            optimizer.Step(0.1);
            optimizer.Step([gradient], 0.1);
        }
    }

    private static void Run(ReferenceCase reference, ScalarType dtype, double valueTolerance, double momentTolerance)
    {
        using var scope = NewDisposeScope();
        Tensor weight = reference.Input("weight", dtype);
        Tensor bias = reference.Input("bias", dtype);
        double[] betas = ReferenceCase.Numbers(reference.Raw("betas"));
        bool decayAll = !reference.Flag("no_decay_on_bias");
        using FusedAdamW optimizer = new(
            [("weight", weight), ("bias", bias)],
            new AdamWOptions
            {
                Beta1 = betas[0],
                Beta2 = betas[1],
                Epsilon = reference.Setting("eps") ?? 0,
                WeightDecay = reference.Setting("weight_decay") ?? 0,
            },
            decayAll ? (_, _) => true : null
        );
        LearningRateSchedule schedule = LearningRateScheduleTests.Schedule(reference);
        for (int step = 0; step < 5; step++)
        {
            Tensor[] gradients =
            [
                ReferenceCase.Read(reference.Inputs.GetProperty("weight_gradients")[step], dtype),
                ReferenceCase.Read(reference.Inputs.GetProperty("bias_gradients")[step], dtype),
            ];
            double norm = GradientClip.ClipByNorm(gradients, reference.Setting("max_norm") ?? 0);
            double rate = schedule.At(step);
            optimizer.Step(gradients, rate);

            IReadOnlyDictionary<string, Tensor> state = optimizer.ExportState();
            Check("lr", [rate], 1e-12);
            Check("gradient_norm", [norm], 1e-6);
            Check("weight", ReferenceNumbers.Flat(weight), valueTolerance);
            Check("bias", ReferenceNumbers.Flat(bias), valueTolerance);
            Check("weight_first_moment", ReferenceNumbers.Flat(state["weight.m"]), momentTolerance);
            Check("weight_second_moment", ReferenceNumbers.Flat(state["weight.v"]), momentTolerance);

            void Check(string output, double[] actual, double tolerance)
            {
                JsonElement expected = reference.Outputs.GetProperty(output)[step];
                ReferenceNumbers.AssertClose(ReferenceCase.Numbers(expected), actual, tolerance, $"{output} after step {step}");
            }
        }
    }
}
