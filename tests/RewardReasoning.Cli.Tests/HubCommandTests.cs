using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Hub;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>The verbs over files of a hub.</summary>
public sealed class HubCommandTests(TinyJudge judge) : IClassFixture<TinyJudge>, IDisposable
{
    private readonly string _cache = Directory.CreateTempSubdirectory("rrm-hub-cache-").FullName;

    public void Dispose() => Directory.Delete(_cache, recursive: true);

    [Fact]
    public async Task Inspect_DataSetOfTheHub_ReadsItsDataFilesAlone()
    {
        await using FakeHub hub = await FakeHub.StartAsync(
            "datasets/owner/pairs",
            new Dictionary<string, byte[]>
            {
                ["README.md"] = "# pairs"u8.ToArray(),
                ["data/a.jsonl"] = "{\"query\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\"}\n"u8.ToArray(),
                ["data/b.jsonl"] = "{\"query\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\"}\n"u8.ToArray(),
            }
        );
        foreach (
            (string address, int files) in new[]
            {
                ("hf://datasets/owner/pairs", 2),
                ("hf://datasets/owner/pairs/data/b.jsonl", 1),
                ("hf://datasets/owner/pairs/data/*.jsonl", 2),
            }
        )
        {
            RrmResult result = await RunAsync(hub, "data", "inspect", address, "--json");
            Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
            Assert.Equal(files, JsonDocument.Parse(result.Out).RootElement.GetArrayLength());
        }

        Assert.DoesNotContain(hub.Downloads, request => request.Path.EndsWith("README.md", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_Model_PrintsAFolderThatJudges()
    {
        await using FakeHub hub = await FakeHub.StartAsync("owner/judge", Files());
        RrmResult pulled = await RunAsync(hub, "model", "pull", "owner/judge");
        Assert.Equal(ExitCodes.Done, pulled.ExitCode);
        string folder = pulled.Out.TrimEnd();
        Assert.True(File.Exists(Path.Combine(folder, "judge-prompt.txt")));
        Assert.False(File.Exists(Path.Combine(folder, "pytorch_model.bin")));

        string named = Path.Combine(_cache, "named");
        Assert.Equal(
            (ExitCodes.Done, named + "\n"),
            (await RunAsync(hub, "model", "pull", "owner/judge@main", "--out", named)) is var second
                ? (second.ExitCode, second.Out)
                : default
        );
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync("model", "info", named)).ExitCode);
    }

    [Fact]
    public async Task Judge_ModelOfTheHub_IsLoadedAndWorksWithoutTheHubThen()
    {
        string[] args =
        [
            "judge",
            "--model",
            "hf://owner/judge",
            "--query",
            "1+1",
            "--response",
            "2",
            "--response",
            "3",
            "--thinking-budget",
            "0",
            "--dtype",
            "f32",
            "--store",
            "none",
            "--json",
        ];
        string first;
        HubOptions gone;
        await using (FakeHub hub = await FakeHub.StartAsync("owner/judge", Files()))
        {
            RrmResult result = await RunAsync(hub, args);
            Assert.Equal(ExitCodes.Done, result.ExitCode);
            first = Votes(result);
            gone = Options(hub) with { Offline = true };
        }

        RrmResult offline = await RunAsync(gone, args);
        Assert.Equal((ExitCodes.Done, first), (offline.ExitCode, Votes(offline)));
        Assert.Contains(
            "rrm: warning: the hub is not asked; hf://owner/judge is the copy of an earlier download",
            offline.Error,
            StringComparison.Ordinal
        );

        static string Votes(RrmResult result) =>
            JsonDocument.Parse(result.Out).RootElement.GetProperty("votes")[0].GetProperty("answer").GetString() ?? "";
    }

    [Fact]
    public async Task ModelVerbs_ModelOfTheHub_LookIntoItsCopy()
    {
        await using FakeHub hub = await FakeHub.StartAsync("owner/judge", Files());
        RrmResult info = await RunAsync(hub, "model", "info", "hf://owner/judge", "--json");
        Assert.Equal(ExitCodes.Done, info.ExitCode);
        Assert.StartsWith(_cache, JsonDocument.Parse(info.Out).RootElement.GetProperty("folder").GetString(), StringComparison.Ordinal);
        string texts = Path.Combine(_cache, "texts.jsonl");
        await File.WriteAllTextAsync(texts, "\"12\"\n", TestContext.Current.CancellationToken);
        RrmResult tokens = await RunAsync(hub, "model", "tokenize", "hf://owner/judge", texts);
        Assert.Equal((ExitCodes.Done, (await RunAsync(hub, "model", "tokenize", judge.Folder, texts)).Out), (tokens.ExitCode, tokens.Out));
    }

    [Fact]
    public async Task Arena_AnswersOfTheHub_AreLoaded()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        await using FakeHub hub = await FakeHub.StartAsync(
            "datasets/owner/arena",
            new Dictionary<string, byte[]>
            {
                ["mine/a.jsonl"] = """{"model":"mine","prompt":"p","answer":"right"}"""u8.ToArray(),
                ["base.jsonl"] = """{"model":"base","prompt":"p","answer":"no"}"""u8.ToArray(),
                ["battles.jsonl"] = """{"player_1":"mine","player_2":"base","winner":1}"""u8.ToArray(),
            }
        );
        RrmResult judged = await RunAsync(
            hub,
            "bench",
            "arena",
            "--answers",
            "hf://datasets/owner/arena/mine",
            "--baseline",
            "hf://datasets/owner/arena/base.jsonl",
            "--store",
            "none",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m"
        );
        RrmResult replayed = await RunAsync(
            hub,
            "bench",
            "arena",
            "--replay",
            "hf://datasets/owner/arena/battles.jsonl",
            "--baseline",
            "base"
        );
        Assert.All(
            new[] { judged, replayed },
            result =>
            {
                Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
                Assert.Matches(@"\nmine +100\.0%", result.Out);
            }
        );
    }

    [Fact]
    public async Task DataBuild_SourceOfTheHub_IsNamedWithItsCommitInTheManifest()
    {
        await using FakeHub hub = await FakeHub.StartAsync(
            "datasets/owner/pairs",
            new Dictionary<string, byte[]> { ["data/a.jsonl"] = """{"query":"q","chosen":"good","rejected":"bad"}"""u8.ToArray() }
        );
        string recipe = Path.Combine(_cache, "recipe.json");
        await File.WriteAllTextAsync(
            recipe,
            """{ "sources": [{ "name": "known", "kind": "preferences", "licence": "MIT", "rows": "hf://datasets/owner/pairs/data/*.jsonl" }] }""",
            TestContext.Current.CancellationToken
        );
        RrmResult result = await RunAsync(hub, "data", "build", recipe, "--out", Path.Combine(_cache, "built"), "--json");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement manifest = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            $"hf://datasets/owner/pairs@{FakeHub.Commit}/data/a.jsonl",
            manifest.GetProperty("sources")[0].GetProperty("files")[0].GetProperty("path").GetString()
        );
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(recipe))), manifest.GetProperty("recipe").GetString());
    }

    [Fact]
    public async Task Recipe_AddressesOnTheHub_BecomeTheirCopies()
    {
        await using FakeHub hub = await FakeHub.StartAsync("owner/judge", Files());
        string recipe = Path.Combine(_cache, "recipe.json");
        await File.WriteAllTextAsync(
            recipe,
            "{ // \"hf://owner/other\" is not asked for\n  \"model\": \"hf://owner/judge\", \"judge\": { \"model\": "
                + "\"hf://owner/judge@main\" }, \"steps\": 3,\n}",
            TestContext.Current.CancellationToken
        );
        using Terminal terminal = new(Stream.Null, Stream.Null, TextWriter.Null) { Hub = () => Options(hub) };
        string? text = await HubRecipe.TextAsync(recipe, terminal, TestContext.Current.CancellationToken);
        JsonElement read = JsonDocument
            .Parse(text ?? "", new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })
            .RootElement;
        Assert.Equal(3, read.GetProperty("steps").GetInt32());
        Assert.All(
            [read.GetProperty("model"), read.GetProperty("judge").GetProperty("model")],
            model => Assert.True(File.Exists(Path.Combine(model.GetString() ?? "", "config.json")))
        );
    }

    [Theory]
    [InlineData("""{ "model": "models/rrm-mini" }""")]
    [InlineData("""{ "model": "hf://owner/judge", """)]
    public async Task Recipe_WithoutAddressesOrNoJson_StaysAsItIs(string json)
    {
        string recipe = Path.Combine(_cache, "recipe.json");
        await File.WriteAllTextAsync(recipe, json, TestContext.Current.CancellationToken);
        using Terminal terminal = new(Stream.Null, Stream.Null, TextWriter.Null);
        Assert.Null(await HubRecipe.TextAsync(recipe, terminal, TestContext.Current.CancellationToken));
        Assert.Null(await HubRecipe.TextAsync(Path.Combine(_cache, "none.json"), terminal, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(ExitCodes.BadUsage, "no address on the hub", "data", "inspect", "hf://pairs")]
    [InlineData(ExitCodes.BadUsage, "does not exist", "data", "inspect", "hf://datasets/owner/other")]
    [InlineData(ExitCodes.BadUsage, "holds no data file", "data", "inspect", "hf://owner/empty")]
    [InlineData(ExitCodes.BadUsage, "holds no config.json", "model", "pull", "owner/empty")]
    [InlineData(ExitCodes.BadUsage, "is no model on the hub", "model", "pull", "hf://datasets/owner/empty")]
    public async Task Address_ThatCannotBeUsed_IsBadUsage(int exitCode, string says, params string[] args)
    {
        await using FakeHub hub = await FakeHub.StartAsync("owner/empty", new Dictionary<string, byte[]> { ["README.md"] = [35] });
        RrmResult result = await RunAsync(hub, args);
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Out));
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }

    private Dictionary<string, byte[]> Files()
    {
        Dictionary<string, byte[]> files = Directory
            .EnumerateFiles(judge.Folder)
            .ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
        files["pytorch_model.bin"] = [1, 2, 3];
        return files;
    }

    private HubOptions Options(FakeHub hub) =>
        new()
        {
            Endpoint = hub.Url,
            CacheFolder = _cache,
            Tries = 1,
        };

    private Task<RrmResult> RunAsync(FakeHub hub, params string[] args) => RunAsync(Options(hub), args);

    private static async Task<RrmResult> RunAsync(HubOptions options, params string[] args)
    {
        using MemoryStream output = new();
        using StringWriter error = new();
        int exitCode;
        using (Terminal terminal = new(Stream.Null, output, error) { Hub = () => options })
        {
            exitCode = await CommandLine.RunAsync(args, terminal, TestContext.Current.CancellationToken);
        }

        return new RrmResult(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }
}
