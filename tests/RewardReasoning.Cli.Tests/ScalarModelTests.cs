using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Models;
using RewardReasoning.Models.Decoder;
using TorchSharp;

namespace RewardReasoning.Cli.Tests;

public sealed class ScalarModelTests : IDisposable
{
    private readonly TinyJudge _tiny = new();
    private readonly string _scalar = Directory.CreateTempSubdirectory("rrm-scalar-").FullName;

    public ScalarModelTests()
    {
        using DecoderModel model = DecoderModel.LoadScalar(_tiny.Folder, torch.ScalarType.Float32, torch.CPU);
        using (torch.no_grad())
        {
            torch.Tensor score = model.Parameters.Single(parameter => parameter.Name == "score.weight").Value;
            score.copy_(torch.linspace(-9, 9, 16).view(1, 16));
        }

        model.Save(_scalar, torch.ScalarType.Float32);
        ModelFolder.CarryFiles(_tiny.Folder, _scalar);
    }

    [Fact]
    public async Task Judge_ScalarModel_PrefersTheSameResponseInEitherPlaceWithoutVotes()
    {
        JsonElement given = await JudgeAsync("7", "1234"),
            turned = await JudgeAsync("1234", "7");
        Assert.Equal(3, given.GetProperty("preferred").GetInt32() + turned.GetProperty("preferred").GetInt32());
        Assert.Equal(given.GetProperty("confidence").GetDouble(), turned.GetProperty("confidence").GetDouble(), 6);
        Assert.InRange(given.GetProperty("confidence").GetDouble(), 0.5, 1);
        Assert.Equal(0, given.GetProperty("votes").GetArrayLength());
    }

    [Fact]
    public async Task Judge_ScalarModelForPeople_SaysWhichIsBetterAndHowSure()
    {
        RrmResult result = await Rrm.RunAsync("judge", "--model", _scalar, "--query", "1+1", "--response", "7", "--response", "1234");
        Assert.Matches(@"Response [12] is better\.\nconfidence [01]\.\d\d · \d+ tokens", result.Out);
    }

    [Theory]
    [InlineData("--votes", "3")]
    [InlineData("--temperature", "1")]
    [InlineData("--show-prompt")]
    public async Task Judge_ScalarModelWithOptionsOfThought_IsRefused(params string[] options)
    {
        RrmResult result = await Rrm.RunAsync([
            "judge",
            "--model",
            _scalar,
            "--query",
            "1+1",
            "--response",
            "2",
            "--response",
            "3",
            .. options,
        ]);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("scalar reward model", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_ScalarModel_JudgesPairsAndRanksCandidatesWithoutTokensWritten()
    {
        string file = await WriteAsync(
            """
            {"query":"1+1","chosen":"2","rejected":"3"}
            {"query":"1+1","response_1":"3","response_2":"2","label":2}
            {"query":"1+1","responses":["2","3","1234"]}
            """
        );
        string output = Path.Combine(_scalar, "out.jsonl");
        RrmResult result = await Rrm.RunAsync("score", file, "--model", _scalar, "--out", output, "--seed", "7", "--json");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement[] rows = [.. File.ReadLines(output).Select(line => JsonDocument.Parse(line).RootElement)];
        JsonElement first = rows[0].GetProperty("judgment"),
            second = rows[1].GetProperty("judgment");
        Assert.Equal(3, first.GetProperty("preferred").GetInt32() + second.GetProperty("preferred").GetInt32());
        Assert.Equal(first.GetProperty("confidence").GetDouble(), first.GetProperty("vote_share").GetDouble());
        Assert.Equal(3, rows[2].GetProperty("rewards").GetArrayLength());
        JsonElement summary = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(1, summary.GetProperty("swaps").GetProperty("agreeing").GetInt32());
        Assert.Equal(0, summary.GetProperty("tokens").GetProperty("output").GetInt64());
        JsonElement settings = JsonDocument
            .Parse(await File.ReadAllTextAsync(output + ".run.json", TestContext.Current.CancellationToken))
            .RootElement;
        Assert.StartsWith("sha256:", settings.GetProperty("model").GetString(), StringComparison.Ordinal);
        Assert.Equal("none", settings.GetProperty("judging").GetProperty("prompt").GetString());
    }

    [Fact]
    public async Task Score_ScalarModelWithVotes_IsRefused()
    {
        string file = await WriteAsync("""{"query":"1+1","chosen":"2","rejected":"3"}""");
        RrmResult result = await Rrm.RunAsync(
            "score",
            file,
            "--model",
            _scalar,
            "--out",
            Path.Combine(_scalar, "out.jsonl"),
            "--votes",
            "3"
        );
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("--votes is for a judge that thinks", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Label_ScalarModel_TakesTheMarginFromTheScores()
    {
        string file = await WriteAsync("""{"query":"1+1","response_1":"2","response_2":"3"}""");
        string output = Path.Combine(_scalar, "pairs.out.jsonl");
        RrmResult result = await Rrm.RunAsync("label", file, "--model", _scalar, "--out", output);
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        double confidence = (await JudgeAsync("2", "3")).GetProperty("confidence").GetDouble();
        Assert.Equal(
            (2 * confidence) - 1,
            JsonDocument.Parse(File.ReadLines(output).Single()).RootElement.GetProperty("margin").GetDouble(),
            6
        ); // the last bits hang on what else a batch held
    }

    [Fact]
    public async Task Bench_ScalarModel_AgreesWithItselfInBothOrders()
    {
        string file = await WriteAsync(
            """
            {"query":"1+1","chosen":"2","rejected":"3"}
            {"query":"1+2","chosen":"3","rejected":"1234"}
            """
        );
        RrmResult result = await Rrm.RunAsync("bench", "pairs", "--data", file, "--model", _scalar, "--json");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(2, report.GetProperty("overall").GetProperty("items").GetInt32());
        Assert.Equal(1, report.GetProperty("consistency").GetDouble());
    }

    [Fact]
    public async Task BenchProbes_ScalarModelAskedInTheOtherOrderOrAgain_NeverTurns()
    {
        string file = await WriteAsync(
            string.Join("\n", Enumerable.Range(0, 4).Select(i => $$"""{"query":"{{i}}+1","chosen":"{{i + 1}}","rejected":"{{i * 7}}"}"""))
        );
        RrmResult result = await Rrm.RunAsync(
            "bench",
            "probes",
            "--data",
            file,
            "--model",
            _scalar,
            "--probe",
            "swap",
            "--probe",
            "again",
            "--json"
        );
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement[] probes = [.. JsonDocument.Parse(result.Out).RootElement.GetProperty("probes").EnumerateArray()];
        Assert.Equal(2, probes.Length);
        Assert.All(probes, probe => Assert.Equal(0, probe.GetProperty("turned").GetInt32()));
    }

    [Fact]
    public async Task Calibrate_ScalarModel_IsUsedByTheVerbsThatJudge()
    {
        string file = await WriteAsync(
            string.Join("\n", Enumerable.Range(0, 30).Select(i => $$"""{"query":"{{i}}+1","chosen":"{{i + 1}}","rejected":"{{i * 7}}"}"""))
        );
        RrmResult fitted = await Rrm.RunAsync("calibrate", file, "--model", _scalar);
        Assert.Equal((ExitCodes.Done, 30), (fitted.ExitCode, File.ReadLines(file).Count()));
        JsonElement judgment = await JudgeAsync("7", "1234");
        Assert.InRange(judgment.GetProperty("calibrated_confidence").GetDouble(), 0, 1);
        Assert.NotEqual(judgment.GetProperty("confidence").GetDouble(), judgment.GetProperty("calibrated_confidence").GetDouble());
    }

    [Fact]
    public async Task Rank_ScalarModel_OrdersByItsScores()
    {
        RrmResult result = await Rrm.RunAsync(
            "rank",
            "--model",
            _scalar,
            "--query",
            "1+1",
            "--response",
            "7",
            "--response",
            "1234",
            "--response",
            "8",
            "--json"
        );
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement ranking = JsonDocument.Parse(result.Out).RootElement;
        int[] order = [.. ranking.GetProperty("ranking").EnumerateArray().Select(response => response.GetProperty("index").GetInt32())];
        string[] texts = ["7", "1234", "8"];
        JsonElement best = await JudgeAsync(texts[order[0]], texts[order[2]]);
        Assert.Equal(1, best.GetProperty("preferred").GetInt32());
    }

    [Theory]
    [InlineData("0.500001", 0)]
    [InlineData("1", 1)]
    public async Task Rank_Screen_LeavesOnlyCloseMatchesToTheJudge(string certainty, int judged)
    {
        RrmResult result = await Rrm.RunAsync(
            "rank",
            "--model",
            _tiny.Folder,
            "--query",
            "1+1",
            "--response",
            "7",
            "--response",
            "1234",
            "--thinking-budget",
            "0",
            "--store",
            "none",
            "--screen",
            _scalar,
            "--quick-confidence",
            certainty,
            "--json"
        );
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        long written = JsonDocument.Parse(result.Out).RootElement.GetProperty("usage").GetProperty("output_tokens").GetInt64();
        Assert.Equal(judged > 0, written > 0);
    }

    /// <summary>The same folder as the judge, so as sure as it: at the lowest certainty it decides.</summary>
    [Fact]
    public async Task Rank_ScreenThatReasons_IsAskedInBothOrders()
    {
        RrmResult result = await Rrm.RunAsync(
            "rank",
            "--model",
            _tiny.Folder,
            "--query",
            "1+1",
            "--response",
            "7",
            "--response",
            "8",
            "--store",
            "none",
            "--screen",
            _tiny.Folder,
            "--quick-tokens",
            "0",
            "--quick-confidence",
            "0.5000001",
            "--thinking-budget",
            "0",
            "--json"
        );
        Assert.True(result.ExitCode == ExitCodes.Done, result.Error);
        JsonElement match = JsonDocument.Parse(result.Out).RootElement.GetProperty("matches")[0];
        Assert.NotEqual(JsonValueKind.Null, match.GetProperty("winner").ValueKind);
    }

    [Fact]
    public async Task Rank_ScreenWithoutAThreshold_IsRefused()
    {
        RrmResult result = await Rrm.RunAsync(
            "rank",
            "--model",
            _tiny.Folder,
            "--query",
            "1+1",
            "--response",
            "7",
            "--response",
            "8",
            "--store",
            "none",
            "--screen",
            _scalar
        );
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("must be to decide is not known", result.Error, StringComparison.Ordinal);
        Assert.Contains("rrm calibrate PAIRS --screen", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sft", "rows_per_step")]
    [InlineData("grpo", "loss.dual_clip")]
    [InlineData("policy", "judge.votes")]
    [InlineData("dpo", "loss.beta")]
    [InlineData("reward-model", "loss.center_coefficient")]
    [InlineData("rm", "loss.center_coefficient")]
    public async Task Train_Describe_ListsEveryField(string method, string field)
    {
        RrmResult result = await Rrm.RunAsync("train", method, "--describe");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Contains(
            $"\n{field}  number",
            "\n" + result.Out.Replace("whole number", "number", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.Contains("steps  whole number, at least 1, must be given", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_NoRecipe_SaysHowToLearnWhatOneHolds()
    {
        RrmResult result = await Rrm.RunAsync("train", "dpo");
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("rrm train dpo --describe", result.Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _tiny.Dispose();
        Directory.Delete(_scalar, recursive: true);
    }

    private async Task<string> WriteAsync(string rows)
    {
        string file = Path.Combine(_scalar, "rows.jsonl");
        await File.WriteAllTextAsync(file, rows + "\n", TestContext.Current.CancellationToken);
        return file;
    }

    private async Task<JsonElement> JudgeAsync(string first, string second)
    {
        RrmResult result = await Rrm.RunAsync(
            "judge",
            "--model",
            _scalar,
            "--query",
            "1+1",
            "--response",
            first,
            "--response",
            second,
            "--json"
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        return JsonDocument.Parse(result.Out).RootElement;
    }
}
