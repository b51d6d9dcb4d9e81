using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Hub;
using RewardReasoning.Models;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>The verbs over a GGUF file in this process.</summary>
public sealed class GgufModelTests : IDisposable
{
    private readonly TinyJudge _judge = new();
    private readonly TemporaryFolder _folder = new();

    public GgufModelTests()
    {
        LlamaCppTokenizers.Rewrite(_judge.Folder, "gpt-2");
        string config = Path.Combine(_judge.Folder, "config.json");
        JsonNode settings = JsonNode.Parse(System.IO.File.ReadAllText(config)) ?? new JsonObject();
        settings["eos_token_id"] = new JsonArray(256); // a GGUF names three end tokens at most
        System.IO.File.WriteAllText(config, settings.ToJsonString());
        System.IO.File.Delete(Path.Combine(_judge.Folder, "generation_config.json"));
        ModelFolder.ExportGguf(_judge.Folder, File, "f32");
    }

    private string File => _folder["tiny.gguf"];

    public void Dispose()
    {
        _judge.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Judge_File_VotesAsItsFolderDoes()
    {
        JsonElement ofFile = Object(await JudgeAsync("--model", File));
        JsonElement ofFolder = Object(await JudgeAsync("--model", _judge.Folder, "--dtype", "float32"));
        Assert.Equal(ofFolder.GetProperty("votes").GetRawText(), ofFile.GetProperty("votes").GetRawText());
        Assert.Equal(3, ofFile.GetProperty("votes").GetArrayLength());
        Assert.All(ofFile.GetProperty("votes").EnumerateArray(), vote => Assert.True(vote.GetProperty("forced").GetBoolean()));
        Assert.Equal("tiny", ofFile.GetProperty("model").GetString());
    }

    [Fact]
    public async Task Judge_FileOfAJudge_HasItsPromptAndDomain()
    {
        RrmResult prompt = await JudgeAsync("--model", File, "--show-prompt", "--order", "given");
        Assert.Equal("<|user|>1+1|2|3<|assistant|><think>", Object(prompt).GetProperty("text").GetString());
        RrmResult outside = await Rrm.RunAsync("judge", "--model", File, "--query", "1+1", "--response", "2", "--response", "a poem");
        Assert.Equal(ExitCodes.BadUsage, outside.ExitCode);
        Assert.Contains(TinyJudge.Sentence, outside.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_FileOfTheHub_IsLoadedOnceAndJudges()
    {
        await using FakeHub hub = await FakeHub.StartAsync(
            "owner/judge-gguf",
            new Dictionary<string, byte[]>
            {
                ["README.md"] = "# A judge"u8.ToArray(),
                ["tiny.gguf"] = await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken),
            }
        );
        string votes = Object(await JudgeAsync("--model", File)).GetProperty("votes").GetRawText();
        for (int i = 0; i < 2; i++)
        {
            RrmResult result = await RunAsync(hub, Arguments("--model", "hf://owner/judge-gguf/tiny.gguf"));
            Assert.Equal(votes, Object(result).GetProperty("votes").GetRawText());
        }

        Assert.Single(hub.Downloads);
    }

    [Fact]
    public async Task Judge_TypeOfAFolder_IsRefusedForAFile()
    {
        RrmResult result = await JudgeAsync("--model", File, "--dtype", "float32");
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("--dtype goes with a model folder", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_NoSuchFile_IsBadUsage()
    {
        RrmResult result = await JudgeAsync("--model", _folder["none.gguf"]);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("There is no file", result.Error, StringComparison.Ordinal);
    }

    private static Task<RrmResult> JudgeAsync(params string[] args) => Rrm.RunAsync(Arguments(args));

    private static string[] Arguments(params string[] args) =>
        [
            "judge",
            "--query",
            "1+1",
            "--response",
            "2",
            "--response",
            "3",
            "--votes",
            "3",
            "--thinking-budget",
            "4",
            "--store",
            "none",
            "--json",
            .. args,
        ];

    private async Task<RrmResult> RunAsync(FakeHub hub, string[] args)
    {
        using MemoryStream output = new();
        using StringWriter error = new();
        int exitCode;
        HubOptions options = new()
        {
            Endpoint = hub.Url,
            CacheFolder = _folder["hub"],
            Tries = 1,
        };
        using (Terminal terminal = new(Stream.Null, output, error) { Hub = () => options })
        {
            exitCode = await CommandLine.RunAsync(args, terminal, TestContext.Current.CancellationToken);
        }

        return new RrmResult(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    private static JsonElement Object(RrmResult result) => JsonDocument.Parse(result.Out).RootElement;
}
