using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Judges;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Runs;
using Xunit;

namespace RewardReasoning.Training.Tests.Judges;

public sealed class JudgeTrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public JudgeTrainerTests()
    {
        TinyModel.Write(_folder["tiny"]);
        File.WriteAllLines(
            _folder["pairs.jsonl"],
            Enumerable
                .Range(0, 12)
                .Select(i =>
                    $$"""{"query":"{{i}}+1","chosen":"{{i + 1}}","rejected":"{{i + 3}}","difficulty":"{{(i < 6 ? "easy" : "hard")}}"}"""
                )
        );
    }

    [Fact]
    public void Run_KilledBetweenCheckpointsAndResumed_EndsInTheSameBytes()
    {
        RunFolder undisturbed = Run(Recipe("a"));
        Assert.Throws<TimeoutException>(() =>
            Run(
                Recipe("b"),
                step =>
                {
                    if (step.Step == 3)
                    {
                        throw new TimeoutException("the machine went away");
                    }
                }
            )
        );
        RunFolder resumed = Run(Recipe("b"));
        Assert.Equal(Weights(undisturbed), Weights(resumed));
    }

    [Fact]
    public void Estimate_CountsStepsAndMeasurements_AndWritesNothing()
    {
        JudgeRecipe recipe = Recipe("a") with
        {
            Steps = 5,
            MeasureFirst = true,
            Evaluation = new()
            {
                Data = _folder["pairs.jsonl"],
                Every = 2,
                Pairs = 4,
            },
        };
        TrainingEstimate estimate = new JudgeTrainer(recipe, TimeProvider.System).Estimate(TestContext.Current.CancellationToken);
        Assert.Equal((5, 4), (estimate.Steps, estimate.Measurements)); // at steps 0, 2, 4 and 5
        TimeSpan measurement = Assert.NotNull(estimate.Measurement);
        Assert.Equal((5 * estimate.Step) + (4 * measurement), estimate.Whole);
        Assert.InRange(Assert.NotNull(estimate.Sampling), TimeSpan.FromTicks(1), estimate.Step);
        Assert.True(estimate.PeakMemory > 1_000_000);
        Assert.False(Directory.Exists(_folder["a"]));
    }

    [Fact]
    public void Run_UnparsableJudgments_EarnMinusOneAndChangeNothing()
    {
        List<TrainingProgress> steps = [];
        RunFolder run = Run(Recipe("a") with { MaxTokens = 2, Steps = 1 }, steps.Add);
        Assert.Equal(-1, steps[0].Metrics["reward/mean"]);
        Assert.Equal(0, steps[0].Metrics["judge/parsed"]);
        Assert.Equal(1, steps[0].Metrics["grpo/zero_variance_groups"]);
        Assert.Equal(File.ReadAllBytes(_folder["tiny/model.safetensors"]), Weights(run));
    }

    [Fact]
    public void Run_Curriculum_DrawsOnlyTheDifficultiesOfTheStage()
    {
        List<TrainingProgress> steps = [];
        Run(Recipe("a") with { Steps = 4, Curriculum = [new(0, ["easy"]), new(2, ["hard"])] }, steps.Add);
        Assert.All(steps.Take(2), step => Assert.False(step.Metrics.ContainsKey("length/hard")));
        Assert.All(steps.Skip(2), step => Assert.False(step.Metrics.ContainsKey("length/easy")));
    }

    [Fact]
    public void Run_WeightedMixtureWithSkippedPairs_ResumesToTheSameBytes()
    {
        File.WriteAllLines(
            _folder["more.jsonl"],
            Enumerable.Range(0, 4).Select(i => $$"""{"query":"{{i}}+2","chosen":"{{i + 2}}","rejected":"{{i + 5}}","difficulty":"more"}""")
        );
        JudgeRecipe Mixed(string name) =>
            Recipe(name) with
            {
                Data = new DataMixture([
                    new WeightedFile { Path = _folder["pairs.jsonl"], Weight = 3 },
                    new WeightedFile { Path = _folder["more.jsonl"] },
                ]),
                SkipSolved = 1,
            };
        List<TrainingProgress> steps = [];
        RunFolder undisturbed = Run(Mixed("a"), steps.Add);
        Assert.Throws<TimeoutException>(() =>
            Run(
                Mixed("b"),
                step =>
                {
                    if (step.Step == 3)
                    {
                        throw new TimeoutException("the machine went away");
                    }
                }
            )
        );
        Assert.Equal(Weights(undisturbed), Weights(Run(Mixed("b"))));
        Assert.Contains(steps, step => step.Metrics.ContainsKey("judge/accuracy_more"));
        Assert.All(steps, step => Assert.True(step.Metrics["pairs/passed_over"] >= 0));
    }

    [Fact]
    public void Run_SkipSolvedOverPairsThatAreNeverSolved_PassesThemOver()
    {
        List<TrainingProgress> steps = [];
        Run(Recipe("a") with { MaxTokens = 2, Steps = 8, SkipSolved = 1 }, steps.Add); // cut at two tokens, no judgment has a verdict
        Assert.Equal(0, steps[0].Metrics["pairs/passed_over"]);
        Assert.True(steps.Sum(step => step.Metrics["pairs/passed_over"]) > 0);
    }

    [Fact]
    public void Run_DifficultyRange_LeavesTheOthersOutAndCountsThem()
    {
        File.WriteAllLines(
            _folder["graded.jsonl"],
            Enumerable.Range(0, 12).Select(i => $$"""{"query":"{{i}}+1","chosen":"{{i + 1}}","rejected":"{{i + 3}}","difficulty":{{i}}}""")
        );
        List<TrainingProgress> steps = [];
        Run(
            Recipe("a") with
            {
                Data = _folder["graded.jsonl"],
                Difficulty = new DifficultyRange { Min = 2, Max = 6 },
                Steps = 2,
            },
            steps.Add
        );
        Assert.All(steps, step => Assert.Equal(7, step.Metrics["pairs/left_out"]));
        Assert.All(
            steps
                .SelectMany(step => step.Metrics.Keys)
                .Where(key => key.StartsWith("length/", StringComparison.Ordinal) && key != "length/mean"),
            key => Assert.InRange(int.Parse(key["length/".Length..], System.Globalization.CultureInfo.InvariantCulture), 2, 6)
        );
        RecipeException error = Assert.Throws<RecipeException>(() =>
            Run(Recipe("b") with { Difficulty = new DifficultyRange { Max = 6 } })
        );
        Assert.Contains("pairs.jsonl:1: the pair's difficulty is easy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ThoughtsInResponses_AreRemovedAndCutOnesLeftOut()
    {
        File.WriteAllLines(
            _folder["thoughts.jsonl"],
            File.ReadLines(_folder["pairs.jsonl"])
                .Select(line => line.Replace("\"chosen\":\"", "\"chosen\":\"<think>1+1</think> ", StringComparison.Ordinal))
                .Append("""{"query":"1+1","chosen":"<think>1","rejected":"3"}""")
        );
        List<TrainingProgress> steps = [];
        RunFolder plain = Run(Recipe("a"));
        RunFolder stripped = Run(Recipe("b") with { Data = _folder["thoughts.jsonl"] }, steps.Add);
        Assert.Equal(Weights(plain), Weights(stripped));
        Assert.Equal(1, steps[0].Metrics["pairs/left_out"]);
    }

    [Fact]
    public void Load_MixtureInJson_IsReadWrittenAndChecked()
    {
        string path = _folder["recipe.json"];
        File.WriteAllText(
            path,
            """{"out":"o","model":"m","steps":9,"data":[{"path":"a","weight":5},{"path":"b"},{"path":"b","weight":0}],"difficulty":{"min":3,"max":2}}"""
        );
        JudgeRecipe recipe = RecipeFile.Load<JudgeRecipe>(path);
        Assert.Equal([5, 1, 0], recipe.Data.Select(file => file.Weight));
        RecipeException error = Assert.Throws<RecipeException>(recipe.Validate);
        foreach (
            string part in (string[])
                ["data[2].weight is 0; it must be above 0", "data names b more than once", "difficulty.min is 3 and difficulty.max 2"]
        )
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }

        Assert.Contains("\"weight\": 5", RecipeFile.Resolve(recipe), StringComparison.Ordinal);
        Assert.Contains("\"data\": \"a\"", RecipeFile.Resolve(recipe with { Data = "a" }), StringComparison.Ordinal);
        Assert.Equal(
            ["data[].path", "data[].weight"],
            RecipeDescription
                .Fields(typeof(JudgeRecipe))
                .Where(field => field.Name.StartsWith("data[]", StringComparison.Ordinal))
                .Select(field => field.Name)
        );
        File.WriteAllText(path, """{"out":"o","model":"m","steps":9,"data":7}""");
        Assert.Throws<RecipeException>(() => RecipeFile.Load<JudgeRecipe>(path));
    }

    [Fact]
    public void Run_PairWithoutLabel_NamesFileAndLine()
    {
        File.AppendAllText(_folder["pairs.jsonl"], """{"query":"1+1","response_1":"2","response_2":"3"}""" + "\n");
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a")));
        Assert.Contains("pairs.jsonl:13", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Evaluation_IsAShareOfBothOrders()
    {
        List<TrainingProgress> steps = [];
        JudgeRecipe recipe = Recipe("a") with
        {
            Steps = 2,
            Evaluation = new JudgeEvaluationOptions { Data = _folder["pairs.jsonl"], Every = 1 },
        };
        Run(recipe, steps.Add);
        Assert.All(steps, step => Assert.InRange(step.Metrics["evaluation/accuracy"], 0, 1));
    }

    [Fact]
    public void Run_EverySettingAtOnce_ResumesToTheSameBytes()
    {
        JudgeRecipe Full(string name) =>
            Recipe(name) with
            {
                Epochs = 2,
                Minibatches = 2,
                ResampleRounds = 2,
                SharePrompts = true,
                Overlong = new OverlongOptions
                {
                    Buffer = 20,
                    Penalty = 0.5,
                    MaskCut = true,
                },
                Loss = new GrpoOptions
                {
                    KlCoefficient = 0.05,
                    EntropyCoefficient = 0.01,
                    ClipEpsilonHigh = 0.28,
                },
                KlControl = new AdaptiveKl(0.1, 100),
                Advantage = new GroupAdvantageOptions { Scale = AdvantageScale.None },
            };
        List<TrainingProgress> steps = [];
        RunFolder undisturbed = Run(Full("a"), steps.Add);
        Assert.Throws<TimeoutException>(() =>
            Run(
                Full("b"),
                step =>
                {
                    if (step.Step == 3)
                    {
                        throw new TimeoutException("the machine went away");
                    }
                }
            )
        );
        Assert.Equal(Weights(undisturbed), Weights(Run(Full("b"))));
        Assert.NotEqual(File.ReadAllBytes(_folder["tiny/model.safetensors"]), Weights(undisturbed));
        Assert.All(steps, step => Assert.True(step.Metrics["grpo/kl"] >= 0));
        Assert.NotEqual(steps[0].Metrics["grpo/kl_coefficient"], steps[^1].Metrics["grpo/kl_coefficient"]);
        Assert.InRange(steps[0].Metrics["policy/entropy"], 0.1, Math.Log(400));
    }

    [Fact]
    public void Run_CancelledWhileSampling_KeepsEveryFinishedStep()
    {
        using CancellationTokenSource source = new();
        RunFolder undisturbed = Run(Recipe("a"));
        Assert.ThrowsAny<OperationCanceledException>(() =>
            new JudgeTrainer(Recipe("b"), TimeProvider.System).Run(
                step =>
                {
                    if (step.Step == 3)
                    {
                        source.Cancel();
                    }
                },
                source.Token
            )
        );
        Assert.True(Directory.Exists(_folder["b/step-3"]));
        Assert.Equal(Weights(undisturbed), Weights(Run(Recipe("b"))));
    }

    [Fact]
    public void Run_AdaptersUnderAKlPenalty_StartAtKlZero()
    {
        List<TrainingProgress> steps = [];
        Run(
            Recipe("a") with
            {
                Lora = new LowRankOptions { Rank = 2 },
                Loss = new GrpoOptions { KlCoefficient = 0.1 },
                Overlong = new OverlongOptions { Buffer = 20 },
            },
            steps.Add
        );
        Assert.Equal(0, steps[0].Metrics["grpo/kl"], 1e-6);
        Assert.True(steps[^1].Metrics["grpo/kl"] > 1e-6);
    }

    [Fact]
    public void Validate_SettingsThatContradictEachOther_AreAllListed()
    {
        RecipeException error = Assert.Throws<RecipeException>(() =>
            Run(
                Recipe("a") with
                {
                    Minibatches = 3,
                    SharePrompts = true,
                    RecomputeLayers = true,
                    Reference = "elsewhere",
                    Loss = new GrpoOptions { DualClip = 0.5 },
                    Optimizer = new AdamWOptions { Beta1 = 2 },
                }
            )
        );
        foreach (
            string part in (string[])
                [
                    "5 faults:",
                    "minibatches is 3",
                    "share_prompts and recompute_layers",
                    "no KL for reference and kl_control",
                    "loss.dual_clip is 0.5",
                    "optimizer.beta1 is 2",
                ]
        )
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Run_PairsBeyondTheContext_AreLeftOutAndCounted()
    {
        string config = Path.Combine(_folder["tiny"], "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace(": 1024", ": 150", StringComparison.Ordinal));
        File.AppendAllText(
            _folder["pairs.jsonl"],
            $$"""{"query":"{{string.Concat(Enumerable.Repeat("1+", 60))}}1","chosen":"61","rejected":"3","difficulty":"hard"}"""
        );
        List<TrainingProgress> steps = [];
        Run(Recipe("a"), steps.Add);
        Assert.Equal(1, steps.Sum(step => step.Metrics.GetValueOrDefault("pairs/beyond_context")));
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("b") with { MaxTokens = 149 }));
        Assert.Contains("No pair fits into the model's context of 150 tokens", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bf16", WeightType.Bfloat16)]
    [InlineData("bfloat16", WeightType.Bfloat16)]
    [InlineData("float32", WeightType.Full)]
    [InlineData("full", WeightType.Full)]
    public void Load_WeightType_IsReadUnderBothNames(string written, object expected)
    {
        File.WriteAllText(_folder["recipe.json"], $$"""{"out":"o","model":"m","steps":9,"data":"d","weights":"{{written}}"}""");
        Assert.Equal(expected, RecipeFile.Load<JudgeRecipe>(_folder["recipe.json"]).Weights);
    }

    [Theory]
    [InlineData(80, 0)]
    [InlineData(90, -0.5)]
    [InlineData(100, -1)]
    public void Shape_LengthsInTheBuffer_LoseInAStraightLine(int length, double expected) =>
        Assert.Equal(expected, new OverlongOptions { Buffer = 20 }.Shape(length, 100), 12);

    public void Dispose() => _folder.Dispose();

    private static RunFolder Run(JudgeRecipe recipe, Action<TrainingProgress>? progress = null) =>
        new JudgeTrainer(recipe, TimeProvider.System).Run(progress, TestContext.Current.CancellationToken);

    private static byte[] Weights(RunFolder run) => File.ReadAllBytes(Path.Combine(run.FinalModel, "model.safetensors"));

    private JudgeRecipe Recipe(string name) =>
        new()
        {
            Out = _folder[name],
            Model = _folder["tiny"],
            Data = _folder["pairs.jsonl"],
            Steps = 4,
            PairsPerStep = 4,
            RolloutsPerOrder = 2,
            MaxTokens = 24,
            VerdictOnlySteps = 1,
            LearningRate = 1e-2,
            CheckpointEvery = 2,
        };
}
