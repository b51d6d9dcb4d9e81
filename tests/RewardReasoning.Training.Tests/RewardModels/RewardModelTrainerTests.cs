using System.Text.Json.Nodes;
using RewardReasoning.Models;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.RewardModels;
using RewardReasoning.Training.Runs;
using Xunit;

namespace RewardReasoning.Training.Tests.RewardModels;

public sealed class RewardModelTrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RewardModelTrainerTests()
    {
        TinyModel.Write(_folder["tiny"]);
        File.WriteAllLines(
            _folder["pairs.jsonl"],
            Enumerable
                .Range(0, 12)
                .Select(i => $$"""{"prompt":"{{i}}+1","chosen":"{{i + 1}}","rejected":"{{i + 1}}/7","margin":{{i % 2}}}""")
        );
    }

    [Fact]
    public async Task Run_SmallData_BecomesAJudgeThatPrefersWhatWasChosen()
    {
        List<TrainingProgress> steps = [];
        RunFolder run = Run(Recipe("a", 30), steps.Add);
        Assert.True(steps[^1].Metrics["train/loss"] < steps[0].Metrics["train/loss"] * 0.7);
        Assert.Equal(1, steps[^1].Metrics["evaluation/accuracy"]);

        using ScalarJudge judge = ScalarJudge.Load(run.FinalModel, new LocalModelOptions { ComputeType = ComputeType.F32 });
        Judgment judgment = await judge.JudgeAsync(new Comparison("40+1", "41/7", "41"), TestContext.Current.CancellationToken);
        Assert.Equal(Verdict.Second, judgment.Preferred);
        double ahead =
            await judge.ScoreAsync("40+1", "41", TestContext.Current.CancellationToken)
            - await judge.ScoreAsync("40+1", "41/7", TestContext.Current.CancellationToken);
        Assert.Equal(1 / (1 + Math.Exp(-ahead)), judgment.Confidence ?? 0, 1e-9);
        Assert.Empty(judgment.Votes);
        Assert.True(judgment.Usage.PromptTokens > 0);
    }

    [Fact]
    public void Run_Finished_IsAFolderForSequenceClassificationWithAPaddingToken()
    {
        RunFolder run = Run(Recipe("a", 1));
        JsonNode config =
            JsonNode.Parse(File.ReadAllText(Path.Combine(run.FinalModel, "config.json"))) ?? throw new InvalidDataException("no config");
        Assert.Equal("LlamaForSequenceClassification", config["architectures"]?[0]?.GetValue<string>());
        Assert.NotNull(config["pad_token_id"]);
        Assert.Equal(1, config["id2label"]?.AsObject().Count);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(run.FinalModel, "model.safetensors"));
        Assert.Equal([1, TinyModel.Config.HiddenSize], weights.Entries["score.weight"].Shape);
        Assert.True(ScalarJudge.Handles(run.FinalModel));
        CheckpointException error = Assert.Throws<CheckpointException>(() => LocalModel.Load(run.FinalModel));
        Assert.Contains("scalar reward model", error.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => ScalarJudge.Load(_folder["tiny"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_KilledBetweenCheckpointsAndResumed_EndsInTheSameBytes(bool adapters)
    {
        RewardModelRecipe Of(string name) => Recipe(name, 7) with { Lora = adapters ? new LowRankOptions { Rank = 2 } : null };
        RunFolder undisturbed = Run(Of("a"));
        Assert.Throws<TimeoutException>(() =>
            Run(
                Of("b"),
                step =>
                {
                    if (step.Step == 5)
                    {
                        throw new TimeoutException("the machine went away");
                    }
                }
            )
        );
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(undisturbed.FinalModel, "model.safetensors")),
            File.ReadAllBytes(Path.Combine(Run(Of("b")).FinalModel, "model.safetensors"))
        );
    }

    [Fact]
    public async Task JudgeAsync_EqualScores_AreACoinThatFallsTheSameWay()
    {
        RunFolder run = Run(Recipe("a", 1));
        using ScalarJudge judge = ScalarJudge.Load(run.FinalModel);
        Judgment judgment = await judge.JudgeAsync(new Comparison("1+1", "2", "2"), TestContext.Current.CancellationToken);
        Assert.Equal((DrawBreak.Coin, 0.5), (judgment.DrawBrokenBy, judgment.Confidence ?? 0));
        Assert.Single(judgment.Warnings);
    }

    [Fact]
    public void Run_MarginThatIsNoNumber_NamesFileAndLine()
    {
        File.AppendAllText(_folder["pairs.jsonl"], """{"prompt":"1+1","chosen":"2","rejected":"3","margin":"much"}""" + "\n");
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a", 1)));
        Assert.Contains("pairs.jsonl:13: margin is much", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static RunFolder Run(RewardModelRecipe recipe, Action<TrainingProgress>? progress = null) =>
        new RewardModelTrainer(recipe, TimeProvider.System).Run(progress, TestContext.Current.CancellationToken);

    private RewardModelRecipe Recipe(string name, int steps) =>
        new()
        {
            Out = _folder[name],
            Model = _folder["tiny"],
            Data = _folder["pairs.jsonl"],
            Steps = steps,
            WarmupSteps = 0,
            PairsPerStep = 6,
            LearningRate = 5e-3,
            CheckpointEvery = 2,
            TokensPerPass = 64,
            Evaluation = new PreferenceEvaluationOptions { Data = _folder["pairs.jsonl"], Every = 30 },
        };
}
