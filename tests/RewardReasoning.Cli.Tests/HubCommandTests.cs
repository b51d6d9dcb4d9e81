using System.Text;
using System.Text.Json;
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
        await using FakeHub hub = await FakeHub.StartAsync("datasets/owner/pairs", new Dictionary<string, byte[]>
        {
            ["README.md"] = "# pairs"u8.ToArray(),
            ["data/a.jsonl"] = "{\"query\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\"}\n"u8.ToArray(),
            ["data/b.jsonl"] = "{\"query\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\"}\n"u8.ToArray(),
        });
        foreach ((string address, int files) in new[] { ("hf://datasets/owner/pairs", 2), ("hf://datasets/owner/pairs/data/b.jsonl", 1), ("hf://datasets/owner/pairs/data/*.jsonl", 2) })
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
        Assert.Equal((ExitCodes.Done, named + "\n"), (await RunAsync(hub, "model", "pull", "owner/judge@main", "--out", named)) is var second ? (second.ExitCode, second.Out) : default);
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync("model", "info", named)).ExitCode);
    }

    [Fact]
    public async Task Judge_ModelOfTheHub_IsLoadedAndWorksWithoutTheHubThen()
    {
        string[] args = ["judge", "--model", "hf://owner/judge", "--query", "1+1", "--response", "2", "--response", "3", "--thinking-budget", "0", "--dtype", "f32", "--store", "none", "--json"];
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
        Assert.Contains("rrm: warning: the hub is not asked; hf://owner/judge is the copy of an earlier download", offline.Error, StringComparison.Ordinal);

        static string Votes(RrmResult result) => JsonDocument.Parse(result.Out).RootElement.GetProperty("votes")[0].GetProperty("answer").GetString() ?? "";
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
        Dictionary<string, byte[]> files = Directory.EnumerateFiles(judge.Folder).ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
        files["pytorch_model.bin"] = [1, 2, 3];
        return files;
    }

    private HubOptions Options(FakeHub hub) => new() { Endpoint = hub.Url, CacheFolder = _cache, Tries = 1 };

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
