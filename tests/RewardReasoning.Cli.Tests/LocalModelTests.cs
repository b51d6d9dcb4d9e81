using System.Text.Json;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Tests;

/// <summary>The verbs over a model in this process.</summary>
public sealed class LocalModelTests(TinyJudge judge) : IClassFixture<TinyJudge>
{
    [Fact]
    public async Task Judge_ModelFolder_GivesTheSameJudgmentForTheSameSeed()
    {
        JsonElement first = Object(await JudgeAsync("2", "3", "--votes", "3"));
        JsonElement second = Object(await JudgeAsync("2", "3", "--votes", "3"));
        Assert.Contains(first.GetProperty("preferred").GetInt32(), new[] { 1, 2 });
        Assert.Equal(first.GetProperty("votes").GetRawText(), second.GetProperty("votes").GetRawText());
        Assert.Equal(Path.GetFileName(judge.Folder), first.GetProperty("model").GetString());
        Assert.All(first.GetProperty("votes").EnumerateArray(), vote => Assert.True(vote.GetProperty("forced").GetBoolean()));
    }

    [Fact]
    public async Task Judge_SwappedResponses_GiveTheMirroredJudgment()
    {
        JsonElement given = Object(await JudgeAsync("2", "3"));
        JsonElement swapped = Object(await JudgeAsync("3", "2"));
        Assert.Equal(3 - given.GetProperty("preferred").GetInt32(), swapped.GetProperty("preferred").GetInt32());
        Assert.Equal(
            given.GetProperty("votes")[0].GetProperty("answer").GetString(),
            swapped.GetProperty("votes")[0].GetProperty("answer").GetString()
        );
    }

    [Fact]
    public async Task Judge_OutsideOfTheDomain_IsRefusedWithItsSentence()
    {
        RrmResult result = await JudgeAsync("2", "a poem");
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(TinyJudge.Sentence, result.Error, StringComparison.Ordinal);
        Assert.Contains("--endpoint", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_Process_StreamsToStandardOutput()
    {
        RrmResult result = await Rrm.StartAsync(
            "",
            "judge",
            "--model",
            judge.Folder,
            "--query",
            "1+1",
            "--response",
            "2",
            "--response",
            "3",
            "--thinking-budget",
            "0",
            "--dtype",
            "f32"
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Matches(@"Response [12] is better\.\nvotes [01]:[01] · confidence 0\.75 · 1 forced · \d+ tokens", result.Out);
    }

    [Fact]
    public async Task Judge_ShowPrompt_IsTheModelsOwnTemplateAndLength()
    {
        RrmResult result = await JudgeAsync("2", "3", "--show-prompt", "--order", "given");
        JsonElement prompt = Object(result);
        Assert.Equal("<|user|>1+1|2|3<|assistant|><think>", prompt.GetProperty("text").GetString());
        Assert.Equal(10, prompt.GetProperty("tokens").GetInt32());
    }

    [Fact]
    public async Task Judge_TemplateArgument_ReachesTheModelsTemplate()
    {
        RrmResult result = await JudgeAsync("2", "3", "--show-prompt", "--order", "given", "--template-arg", "plain=true");
        Assert.Equal("<|user|>1+1|2|3<|assistant|>", Object(result).GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("plain", "--template-arg is 'plain'; it is NAME=VALUE")]
    [InlineData("=1", "--template-arg is '=1'; it is NAME=VALUE")]
    public async Task Judge_TemplateArgumentWithoutNameOrValue_IsRefused(string argument, string says)
    {
        RrmResult result = await JudgeAsync("2", "3", "--template-arg", argument);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_ModelFolder_JudgesWhatItCanAndNamesTheRest()
    {
        string output = Path.Combine(judge.Folder, "out.jsonl");
        string input = string.Concat(
            Enumerable
                .Range(0, 30)
                .Select(i =>
                    $$"""{"query":"{{i}}+1","response_1":"{{i + 1}}","response_2":"{{(i == 20 ? "twenty" : $"{i}")}}","label":1}""" + "\n"
                )
        );
        RrmResult result = await Rrm.RunAsync(input, ["score", "-", "--out", output, "--model", judge.Folder, "--thinking-budget", "0"]);
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        JsonElement[] rows =
        [
            .. (await File.ReadAllLinesAsync(output, TestContext.Current.CancellationToken)).Select(line =>
                JsonDocument.Parse(line).RootElement
            ),
        ];
        Assert.Equal(30, rows.Length);
        Assert.Equal([20], rows.Select((row, i) => (row, i)).Where(pair => pair.row.TryGetProperty("error", out _)).Select(pair => pair.i));
        Assert.Contains("standard input:21: This model cannot judge this: response 2", result.Error, StringComparison.Ordinal);
        Assert.Contains($"({rows.Count(Correct)} of {rows.Count(HasVerdict)};", result.Error, StringComparison.Ordinal);

        static bool HasVerdict(JsonElement row) =>
            row.TryGetProperty("judgment", out JsonElement judgment) && judgment.GetProperty("preferred").ValueKind == JsonValueKind.Number;

        static bool Correct(JsonElement row) => HasVerdict(row) && row.GetProperty("judgment").GetProperty("preferred").GetInt32() == 1;
    }

    [Fact]
    public async Task Judge_HalfWrittenWeights_FailsAndNamesTheFile()
    {
        string folder = Directory.CreateTempSubdirectory("rrm-torn-").FullName;
        try
        {
            foreach (string file in Directory.EnumerateFiles(judge.Folder))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            using (FileStream weights = File.OpenWrite(Path.Combine(folder, "model.safetensors")))
            {
                weights.SetLength(weights.Length / 2);
            }

            RrmResult result = await Rrm.RunAsync("judge", "--model", folder, "--query", "1+1", "--response", "2", "--response", "3");
            Assert.Equal((ExitCodes.Failed, ""), (result.ExitCode, result.Out));
            Assert.Contains("model.safetensors", result.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private Task<RrmResult> JudgeAsync(string first, string second, params string[] args) =>
        Rrm.RunAsync([
            "judge",
            "--model",
            judge.Folder,
            "--query",
            "1+1",
            "--response",
            first,
            "--response",
            second,
            "--thinking-budget",
            "0",
            "--json",
            .. args,
        ]);

    private static JsonElement Object(RrmResult result)
    {
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        return JsonDocument.Parse(result.Out).RootElement;
    }
}
