using System.Text.Json;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Runs;
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
        ModelFiles.Carry(_tiny.Folder, _scalar);
    }

    [Fact]
    public async Task Judge_ScalarModel_PrefersTheSameResponseInEitherPlaceWithoutVotes()
    {
        JsonElement given = await JudgeAsync("7", "1234"), turned = await JudgeAsync("1234", "7");
        Assert.Equal(3, given.GetProperty("preferred").GetInt32() + turned.GetProperty("preferred").GetInt32());
        Assert.Equal(given.GetProperty("confidence").GetDouble(), turned.GetProperty("confidence").GetDouble(), 9);
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
        RrmResult result = await Rrm.RunAsync(["judge", "--model", _scalar, "--query", "1+1", "--response", "2", "--response", "3", .. options]);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("scalar reward model", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_ScalarModel_IsRefusedWithTheVerbsThatTakeIt()
    {
        string file = Path.Combine(_scalar, "pairs.jsonl");
        await File.WriteAllTextAsync(file, """{"query":"1+1","chosen":"2","rejected":"3"}""" + "\n", TestContext.Current.CancellationToken);
        RrmResult result = await Rrm.RunAsync("score", file, "--model", _scalar, "--out", Path.Combine(_scalar, "out.jsonl"), "--store", "none");
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("rrm rank as --screen", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.500001", 0)]
    [InlineData("1", 1)]
    public async Task Rank_Screen_LeavesOnlyCloseMatchesToTheJudge(string certainty, int judged)
    {
        RrmResult result = await Rrm.RunAsync(
            "rank", "--model", _tiny.Folder, "--query", "1+1", "--response", "7", "--response", "1234", "--thinking-budget", "0", "--store", "none",
            "--screen", _scalar, "--screen-certainty", certainty, "--json");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        long written = JsonDocument.Parse(result.Out).RootElement.GetProperty("usage").GetProperty("output_tokens").GetInt64();
        Assert.Equal(judged > 0, written > 0);
    }

    [Fact]
    public async Task Rank_ScreenThatIsNoScalarModel_IsRefused()
    {
        RrmResult result = await Rrm.RunAsync("rank", "--model", _tiny.Folder, "--query", "1+1", "--response", "7", "--response", "8", "--store", "none", "--screen", _tiny.Folder);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("gives no score", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sft", "rows_per_step")]
    [InlineData("grpo", "loss.dual_clip")]
    [InlineData("dpo", "loss.beta")]
    [InlineData("reward-model", "loss.center_coefficient")]
    [InlineData("rm", "loss.center_coefficient")]
    public async Task Train_Describe_ListsEveryField(string method, string field)
    {
        RrmResult result = await Rrm.RunAsync("train", method, "--describe");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Contains($"\n{field}  number", "\n" + result.Out.Replace("whole number", "number", StringComparison.Ordinal), StringComparison.Ordinal);
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

    private async Task<JsonElement> JudgeAsync(string first, string second)
    {
        RrmResult result = await Rrm.RunAsync("judge", "--model", _scalar, "--query", "1+1", "--response", first, "--response", second, "--json");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        return JsonDocument.Parse(result.Out).RootElement;
    }
}
