using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using RewardReasoning.Training.Dpo;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Runs;
using Xunit;

namespace RewardReasoning.Training.Tests.Dpo;

public sealed class DpoTrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DpoTrainerTests()
    {
        TinyModel.Write(_folder["tiny"]);
        File.WriteAllLines(
            _folder["pairs.jsonl"],
            Enumerable.Range(0, 12).Select(i => $$"""{"prompt":"{{i}}+100+1000","chosen":"{{i + 1}}","rejected":"{{i + 10}}"}""")
        );
    }

    [Fact]
    public void Run_SmallData_MakesChosenResponsesLikelier()
    {
        List<TrainingProgress> steps = [];
        Run(Recipe("a", 20), steps.Add);
        Assert.Equal(Math.Log(2), steps[0].Metrics["train/loss"], 1e-6);
        Assert.Equal(0, steps[0].Metrics["pairs/margin"], 1e-6);
        Assert.True(steps[^1].Metrics["pairs/margin"] > 0.1, $"margin {steps[^1].Metrics["pairs/margin"]}");
        Assert.True(steps[^1].Metrics["evaluation/accuracy"] > 0.9);
    }

    [Fact]
    public void Run_KilledBetweenCheckpointsAndResumed_EndsInTheSameBytes()
    {
        RunFolder undisturbed = Run(Recipe("a", 7));
        Assert.Throws<TimeoutException>(() =>
            Run(
                Recipe("b", 7),
                step =>
                {
                    if (step.Step == 5)
                    {
                        throw new TimeoutException("the machine went away");
                    }
                }
            )
        );
        Assert.Equal(Weights(undisturbed), Weights(Run(Recipe("b", 7))));
    }

    [Theory]
    [InlineData(true, 512)]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    public void Run_PromptsSharedOrPairsAlone_GiveTheSameLosses(bool sharePrompts, int tokensPerPass)
    {
        List<double> plain = [],
            other = [];
        Run(Recipe("a", 4), step => plain.Add(step.Metrics["train/loss"]));
        Run(
            Recipe("b", 4) with
            {
                SharePrompts = sharePrompts,
                TokensPerPass = tokensPerPass,
            },
            step => other.Add(step.Metrics["train/loss"])
        );
        Assert.All(plain.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Theory]
    [InlineData(nameof(DpoVariant.Aot))]
    [InlineData(nameof(DpoVariant.AotUnpaired))]
    public void Run_SortedSteps_DoNotDependOnPassesAndWorkers(string variantName)
    {
        DpoVariant variant = Enum.Parse<DpoVariant>(variantName);
        List<double> plain = [],
            other = [];
        DpoRecipe Sorted(string name) =>
            Recipe(name, 4) with
            {
                Loss = new DpoOptions { Variant = variant },
                PairsPerStep = 15,
            }; // of 12: some come twice
        Run(Sorted("a"), step => plain.AddRange([step.Metrics["train/loss"], step.Metrics["train/gradient_norm"]]));
        Run(
            Sorted("b") with
            {
                TokensPerPass = 1,
                Workers = 1,
            },
            step => other.AddRange([step.Metrics["train/loss"], step.Metrics["train/gradient_norm"]])
        );
        Assert.Equal(8, plain.Distinct().Count());
        Assert.All(plain.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Run_Adapters_StartAtTheReferenceAndLeaveIt()
    {
        List<TrainingProgress> steps = [];
        Run(
            Recipe("a", 12) with
            {
                Lora = new LowRankOptions { Rank = 2 },
                Loss = new DpoOptions { ConfidenceWeighted = true },
            },
            steps.Add
        );
        Assert.Equal(0, steps[0].Metrics["pairs/margin"], 1e-6);
        Assert.True(steps[^1].Metrics["pairs/margin"] > 1e-3);
    }

    [Fact]
    public void Run_PairsThatAreTooLong_AreLeftOutAndCounted()
    {
        File.AppendAllText(
            _folder["pairs.jsonl"],
            $$"""{"prompt":"1+100+1000","chosen":"2","rejected":"{{new string('3', 80)}}"}""" + "\n"
        );
        List<TrainingProgress> steps = [];
        Run(Recipe("a", 1) with { MaxTokens = 64 }, steps.Add);
        Assert.Equal(1, steps[0].Metrics["pairs/left_out"]);
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("b", 1) with { MaxTokens = 8 }));
        Assert.Contains("Raise max_tokens, or shorten", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_UnlabelledPair_NamesFileAndLine()
    {
        File.AppendAllText(_folder["pairs.jsonl"], """{"prompt":"1+1","response_1":"2","response_2":"3"}""" + "\n");
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a", 1)));
        Assert.Contains("pairs.jsonl:13", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static RunFolder Run(DpoRecipe recipe, Action<TrainingProgress>? progress = null) =>
        new DpoTrainer(recipe, TimeProvider.System).Run(progress, TestContext.Current.CancellationToken);

    private static byte[] Weights(RunFolder run) => File.ReadAllBytes(Path.Combine(run.FinalModel, "model.safetensors"));

    private DpoRecipe Recipe(string name, int steps) =>
        new()
        {
            Out = _folder[name],
            Model = _folder["tiny"],
            Data = _folder["pairs.jsonl"],
            Steps = steps,
            WarmupSteps = 0,
            PairsPerStep = 6,
            LearningRate = 2e-3,
            CheckpointEvery = 2,
            TokensPerPass = 96,
            Evaluation = new PreferenceEvaluationOptions { Data = _folder["pairs.jsonl"], Every = 20 },
        };
}
