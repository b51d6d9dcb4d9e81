using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class ExportCommandTests : IDisposable
{
    private const string Pairs = """
        {"query":"q1","response_1":"right","response_2":"no","label":1}
        {"query":"q2","response_1":"no","response_2":"right"}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-export-").FullName;

    public ExportCommandTests() => File.WriteAllText(In, Pairs);

    private string In => Path.Combine(_folder, "pairs.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Export_Verl_WritesTheFolderAndNamesWhatIsLeftOut()
    {
        string folder = Path.Combine(_folder, "on-verl");
        RrmResult result = await Rrm.RunAsync(
            "export",
            "verl",
            In,
            "--out",
            folder,
            "--gpus",
            "4",
            "--both-orders",
            "--test-share",
            "0",
            "--json"
        );
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Contains("pairs.jsonl:2: The row has no label", result.Error, StringComparison.Ordinal);
        Assert.Equal(
            ["README.md", "rewards.py", "run.sh", "settings.txt", "train.parquet"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            (2, 1),
            (
                JsonDocument.Parse(result.Out).RootElement.GetProperty("written").GetInt32(),
                JsonDocument.Parse(result.Out).RootElement.GetProperty("left_out").GetInt32()
            )
        );
        RrmResult inspected = await Rrm.RunAsync("data", "inspect", Path.Combine(folder, "train.parquet"), "--json");
        Assert.Equal(2, JsonDocument.Parse(inspected.Out).RootElement[0].GetProperty("rows").GetInt32());
    }

    [Fact]
    public async Task Export_RewardClient_WritesItsFile_AndReplacesNoOther()
    {
        string path = Path.Combine(_folder, "rewards.py");
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync("export", "reward-client", "verl", "--out", path)).ExitCode);
        Assert.Contains(
            "class RrmRewardManager",
            await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        RrmResult other = await Rrm.RunAsync("export", "reward-client", "trl", "--out", path);
        Assert.Equal(ExitCodes.BadUsage, other.ExitCode);
        Assert.Contains("--force", other.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync("export", "reward-client", "trl", "--out", path, "--force")).ExitCode);
    }

    [Fact]
    public async Task Export_Trl_WritesTheShapeThatIsAskedFor()
    {
        string path = Path.Combine(_folder, "dpo.jsonl");
        RrmResult result = await Rrm.RunAsync("export", "trl", In, "--out", path, "--shape", "text", "--limit", "1");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Out));
        Assert.Contains("1 rows of 1 read; 0 left out", result.Error, StringComparison.Ordinal);
        Assert.Equal(
            """{"prompt":"q1","chosen":"right","rejected":"no"}""",
            (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).Trim()
        );
    }

    [Theory]
    [InlineData("--shape is 'round'", "trl", "--out", "x.jsonl", "--shape", "round")]
    [InlineData(".csv files are not written", "trl", "--out", "x.csv")]
    [InlineData("which is also read", "trl", "--out", "IN")]
    [InlineData("--limit is 0", "trl", "--out", "x.jsonl", "--limit", "0")]
    [InlineData("--gpus is 0", "verl", "--out", "x", "--gpus", "0")]
    [InlineData("no-such-template", "verl", "--out", "x", "--prompt", "no-such-template")]
    public async Task Export_CallThatCannotBe_SaysWhatIsWrong(string message, string verb, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["export", verb, In, .. args.Select(arg => arg == "IN" ? In : arg)]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_Gguf_WritesAFileThatInfoAndCheckRead()
    {
        using TinyJudge judge = new();
        LlamaCppTokenizers.Rewrite(judge.Folder, "gpt-2");
        string path = Path.Combine(_folder, "judge.gguf");

        RrmResult export = await Rrm.RunAsync("export", "gguf", judge.Folder, "--out", path, "--type", "f16");

        Assert.Equal((ExitCodes.Done, ""), (export.ExitCode, export.Out));
        JsonElement info = JsonDocument.Parse((await Rrm.RunAsync("model", "info", path, "--json")).Out).RootElement;
        Assert.Equal(
            ("llama", 2, 16),
            (info.GetProperty("architecture").GetString(), info.GetProperty("layers").GetInt32(), info.GetProperty("hidden").GetInt32())
        );
        Assert.Equal(["F16", "F32"], info.GetProperty("stored_as").EnumerateArray().Select(type => type.GetString()));
        RrmResult check = await Rrm.RunAsync("model", "check", path);
        Assert.Equal((ExitCodes.Done, ""), (check.ExitCode, check.Error));
        Assert.Contains("The file is whole", check.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_GgufOfAnotherSplitting_SaysThatLlamaCppLacksIt()
    {
        using TinyJudge judge = new();
        RrmResult result = await Rrm.RunAsync("export", "gguf", judge.Folder, "--out", Path.Combine(_folder, "judge.gguf"));
        Assert.Equal((ExitCodes.Failed, ""), (result.ExitCode, result.Out));
        Assert.Contains("llama.cpp has no pre-tokenizer", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_GgufOfAnUnknownType_IsBadUsage()
    {
        RrmResult result = await Rrm.RunAsync("export", "gguf", _folder, "--out", Path.Combine(_folder, "x.gguf"), "--type", "q4_k");
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("--type is 'q4_k'; it is stored, f32, f16, bf16, q8_0.", result.Error, StringComparison.Ordinal);
    }
}
