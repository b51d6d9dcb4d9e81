using RewardReasoning.Training.Runs;
using RewardReasoning.Training.Sft;
using Xunit;

namespace RewardReasoning.Training.Tests.Sft;

public sealed class SftTrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SftTrainerTests()
    {
        TinyModel.Write(_folder["tiny"]);
        File.WriteAllLines(
            _folder["data.jsonl"],
            Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"{{i}}+1","completion":"{{i}}+1={{i + 1}}</think>{{i + 1}}"}"""));
    }

    [Fact]
    public void Run_SmallData_LowersTheLoss()
    {
        List<double> losses = [];
        Run(Recipe("a", 30), step => losses.Add(step.Metrics["train/loss"]));
        Assert.Equal(30, losses.Count);
        Assert.True(losses[^1] < losses[0] * 0.7, $"loss went from {losses[0]} to {losses[^1]}");
    }

    [Fact]
    public void Run_KilledBetweenCheckpointsAndResumed_EndsInTheSameBytes()
    {
        RunFolder undisturbed = Run(Recipe("a"));
        Assert.Throws<TimeoutException>(() => Run(Recipe("b"), step => Crash(step, at: 5)));
        RunFolder resumed = Run(Recipe("b"));
        Assert.Equal(Weights(undisturbed), Weights(resumed));
        Assert.Equal(Losses("a"), Losses("b"));
    }

    [Fact]
    public void Run_CancelledByTheUser_KeepsEveryFinishedStep()
    {
        using CancellationTokenSource source = new();
        Assert.ThrowsAny<OperationCanceledException>(() => new SftTrainer(Recipe("a"), TimeProvider.System).Run(
            step =>
            {
                if (step.Step == 3)
                {
                    source.Cancel();
                }
            },
            source.Token));
        Assert.True(Directory.Exists(_folder["a/step-3"]));
    }

    [Fact]
    public void Run_RecipeChangedHalfway_IsRefusedAndNamesWhatChanged()
    {
        Assert.Throws<TimeoutException>(() => Run(Recipe("a"), step => Crash(step, at: 3)));
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a") with { LearningRate = 1e-4 }));
        Assert.Contains("learning_rate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FewerRowsAtOnce_GiveTheSameLosses()
    {
        List<double> whole = [];
        List<double> parts = [];
        Run(Recipe("a", 4) with { RowsPerPass = 4 }, step => whole.Add(step.Metrics["train/loss"]));
        Run(Recipe("b", 4) with { RowsPerPass = 1 }, step => parts.Add(step.Metrics["train/loss"]));
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Run_RowWithoutCompletion_NamesFileAndDocument()
    {
        File.AppendAllText(_folder["data.jsonl"], "{\"prompt\":\"1\"}\n");
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a")));
        Assert.Contains("data.jsonl, document 41", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ValuesOutOfRange_AreAllListed()
    {
        RecipeException error = Assert.Throws<RecipeException>(
            () => Run(Recipe("a", 0) with { ClipNorm = -1 }));
        Assert.Contains("2 fault(s)", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static void Crash(TrainingProgress step, int at)
    {
        if (step.Step == at)
        {
            throw new TimeoutException("the machine went away");
        }
    }

    private static RunFolder Run(SftRecipe recipe, Action<TrainingProgress>? progress = null) =>
        new SftTrainer(recipe, TimeProvider.System).Run(progress, TestContext.Current.CancellationToken);

    private static byte[] Weights(RunFolder run) => File.ReadAllBytes(Path.Combine(run.FinalModel, "model.safetensors"));

    private SftRecipe Recipe(string name, int steps = 8) => new()
    {
        Out = _folder[name],
        Model = _folder["tiny"],
        Data = _folder["data.jsonl"],
        Steps = steps,
        RowsPerStep = 4,
        RowTokens = 48,
        PackingPool = 8,
        WarmupSteps = 2,
        LearningRate = 5e-3,
        CheckpointEvery = 2,
    };

    private string[] Losses(string name) =>
    [
        .. File.ReadLines(_folder[$"{name}/metrics.jsonl"]).Select(line => line[..line.IndexOf("\"time/", StringComparison.Ordinal)]),
    ];
}
