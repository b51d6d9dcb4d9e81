using RewardReasoning.Calibration;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Calibration;

public sealed class CalibrationFileTests : IDisposable
{
    private static readonly JudgeOptions Nine = new() { Votes = 9, Stopping = new VoteStopping.Confidence(0.95) };
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-calibration-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string PathOf(string name = CalibrationFile.Name) => Path.Combine(_folder, name);

    [Fact]
    public void Save_ThenLoad_GivesTheSameFits()
    {
        CalibrationFit temperature = FitFor("m", Nine),
            isotonic = FitFor("m", new()) with { Map = new ConfidenceMap.Isotonic([new(0.5, 0.25), new(0.75, 1 / 3.0)]) };
        new CalibrationFile { Fits = [temperature, isotonic] }.Save(PathOf());
        CalibrationFile read = CalibrationFile.Load(PathOf());

        Assert.Equal(temperature, read.Fits[0]);
        Assert.Equal(isotonic with { Map = temperature.Map }, read.Fits[1] with { Map = temperature.Map });
        Assert.Equal(((ConfidenceMap.Isotonic)isotonic.Map).Knots, Assert.IsType<ConfidenceMap.Isotonic>(read.Fits[1].Map).Knots);
        Assert.Equal([CalibrationFile.Name], Directory.EnumerateFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void With_SameModelAndSettings_TakesItsPlace()
    {
        CalibrationFile file = new CalibrationFile()
            .With(FitFor("m", Nine))
            .With(FitFor("m", new()))
            .With(FitFor("m", Nine) with { Rows = 7 });
        Assert.Equal([100, 7], file.Fits.Select(fit => fit.Rows));
        Assert.Equal(7, file.Find("m", Nine.Voting)?.Rows);
        Assert.Null(file.Find("other", Nine.Voting));
    }

    [Fact]
    public void Find_OtherSeedOrConcurrency_HoldsStill() =>
        Assert.NotNull(new CalibrationFile().With(FitFor("m", Nine)).Find("m", (Nine with { Seed = 7, Concurrency = 3 }).Voting));

    [Fact]
    public void WhyNone_OtherSettings_NamesEachOfThem()
    {
        CalibrationFile file = new CalibrationFile { Path = "calibration.json" }.With(FitFor("m", Nine));
        string why = file.WhyNone(
            "m",
            (
                Nine with
                {
                    Votes = 17,
                    Temperature = 1,
                    ThinkingBudget = 64,
                    Prompt = JudgePrompt.Parse("[user]\n{query}{response_1}{response_2}"),
                }
            ).Voting
        );
        Assert.Equal(
            "calibration.json does not hold here: it was made with votes 9 instead of 17, temperature 0.6 instead of 1, "
                + "thinking budget none instead of 64, another prompt. "
                + "Confidence stays uncalibrated; `rrm calibrate` with this model and these settings adds a fit.",
            why
        );
        Assert.Contains("made for the model m, this is n", file.WhyNone("n", Nine.Voting), StringComparison.Ordinal);
        Assert.Contains("holds no fit", new CalibrationFile().WhyNone("m", Nine.Voting), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "is not a calibration file")]
    [InlineData("{}", "fits")]
    [InlineData("null", "fits")]
    [InlineData("""{"fits":[{"method":"magic"}]}""", "missing required properties")]
    [InlineData("""{"fits":[{FIT,"method":"magic"}]}""", "its method is 'magic'")]
    [InlineData("""{"fits":[{FIT,"method":"temperature","temperature":-1}]}""", "its temperature is -1")]
    [InlineData("""{"fits":[{FIT,"method":"isotonic","knots":[[0.5,0.6],[0.4,0.7]]}]}""", "its knots")]
    [InlineData("""{"fits":[{FIT,"method":"isotonic","knots":[[0.5,0.6],[0.7,0.5]]}]}""", "its knots")]
    [InlineData("""{"fits":[{FIT,"method":"isotonic","knots":[]}]}""", "its knots")]
    public void Load_NoCalibrationFile_NamesFileAndFault(string json, string message)
    {
        const string Rest = """
            "model":"m","voting":{"votes":1,"order":"hashed","stopping":"fixed","temperature":0.6,"top_p":1,"max_tokens":8192,
             "redraws":2,"further_votes":3,"prompt":"x"},
            "rows":1,"accuracy":1,"before":{"ece":0,"brier":0},"after":{"ece":0,"brier":0}
            """;
        File.WriteAllText(PathOf(), json.Replace("FIT", Rest, StringComparison.Ordinal));
        FormatException error = Assert.Throws<FormatException>(() => CalibrationFile.Load(PathOf()));
        Assert.StartsWith(PathOf(), error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0.75, 0.75)]
    [InlineData(2, 0.9, 0.75)] // odds of 9, whose root is 3
    [InlineData(0.5, 0.75, 0.9)]
    [InlineData(3, 0.5, 0.5)]
    public void Temperature_Apply_DividesTheLogOdds(double temperature, double confidence, double expected) =>
        Assert.Equal(expected, new ConfidenceMap.Temperature(temperature).Apply(confidence), 1e-12);

    [Fact]
    public async Task JudgeAsync_FitForModelAndSettings_ReportsBothConfidences()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}");
        JudgeOptions options = new() { Calibration = new CalibrationFile().With(FitFor("scripted-judge", new())) };
        ReasoningJudge judge = new(client, options);
        Judgment judgment = await judge.JudgeAsync(new("q", "a", "b"), TestContext.Current.CancellationToken);

        Assert.Null(judge.CalibrationFault);
        Assert.Equal((0.75, new ConfidenceMap.Temperature(2).Apply(0.75)), (judgment.Confidence, judgment.CalibratedConfidence));
    }

    [Theory]
    [InlineData("scripted-judge", 3)]
    [InlineData("another-model", 1)]
    public async Task JudgeAsync_FitForSomethingElse_IsRefused(string model, int votes)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}");
        ReasoningJudge judge = new(client, new() { Votes = votes, Calibration = new CalibrationFile().With(FitFor(model, new())) });
        Judgment judgment = await judge.JudgeAsync(new("q", "a", "b"), TestContext.Current.CancellationToken);

        Assert.Contains("does not hold here", judge.CalibrationFault, StringComparison.Ordinal);
        Assert.Null(judgment.CalibratedConfidence);
    }

    [Fact]
    public async Task JudgeAsync_EveryVoteMissing_HasNoCalibratedConfidence()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("Hm.");
        Judgment judgment = await new ReasoningJudge(
            client,
            new() { Calibration = new CalibrationFile().With(FitFor("scripted-judge", new())) }
        ).JudgeAsync(new("q", "a", "b"), TestContext.Current.CancellationToken);
        Assert.Null(judgment.CalibratedConfidence);
    }

    [Fact]
    public void Read_FolderWithACalibration_BringsItToTheOptions()
    {
        new CalibrationFile().With(FitFor("m", Nine)).Save(PathOf());
        Assert.Equal(PathOf(), JudgeFiles.Read(_folder).ApplyTo(new()).Calibration?.Path);
    }

    private static CalibrationFit FitFor(string model, JudgeOptions options) =>
        new()
        {
            Map = new ConfidenceMap.Temperature(2),
            Model = model,
            Voting = options.Voting,
            Rows = 100,
            Accuracy = 0.8,
            Before = new(0.1, 0.2),
            After = new(0.05, 0.1),
        };
}
