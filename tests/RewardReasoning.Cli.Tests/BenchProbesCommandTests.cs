using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class BenchProbesCommandTests : IDisposable
{
    private const string Pairs = """
        {"query":"q1","response_1":"right one","response_2":"no","label":1,"id":"a"}
        {"query":"q1","response_1":"no","response_2":"right one","label":2,"id":"a swapped"}
        {"query":"q2","response_1":"no","response_2":"right two","label":2,"id":"b"}
        {"query":"q3","response_1":"right","response_2":"no","label":2,"id":"c"}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-probes-").FullName;

    public BenchProbesCommandTests() => File.WriteAllText(Data, Pairs);

    private string Data => Path.Combine(_folder, "pairs.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<RrmResult> ProbeAsync(FakeOpenAIServer server, params string[] args) =>
        Rrm.RunAsync(["bench", "probes", "--data", Data, "--endpoint", server.Url.ToString(), "--model", "m", "--store", "none", .. args]);

    [Fact]
    public async Task Probes_JudgeThatIsTakenInByPraise_SaysSoAndOfNothingElse()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
        {
            FakeReply honest = RightAnswerServer.Judge(request);
            bool praised = request.LastContent("user")?.Contains("checked by several experts", StringComparison.Ordinal) == true;
            return !praised
                ? honest
                : honest with
                {
                    Content = honest.Content.Contains("Assistant 1", StringComparison.Ordinal)
                        ? @"\boxed{Assistant 2}"
                        : @"\boxed{Assistant 1}",
                };
        });
        string run = Path.Combine(_folder, "run");
        RrmResult result = await ProbeAsync(server, "--out", run, "--json");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal((3, 2), (report.GetProperty("pairs").GetInt32(), report.GetProperty("right").GetInt32()));
        Assert.Equal(
            ["praise 2 of 2"],
            report
                .GetProperty("probes")
                .EnumerateArray()
                .Where(probe => probe.GetProperty("turned").GetInt32() > 0)
                .Select(probe => $"{probe.GetProperty("probe")} {probe.GetProperty("turned")} of {probe.GetProperty("compared")}")
        );
        Assert.Equal(11, report.GetProperty("probes").GetArrayLength());
        Assert.Equal(3 + (2 * 11), server.Requests.Count);
        string[] judgments = await File.ReadAllLinesAsync(Path.Combine(run, "judgments.jsonl"), TestContext.Current.CancellationToken);
        Assert.Equal(3 + (2 * 11), judgments.Length);
        Assert.Equal(
            "Let me see.",
            JsonDocument.Parse(judgments[0]).RootElement.GetProperty("votes")[0].GetProperty("reasoning").GetString()
        );
        Assert.True(
            JsonElement.DeepEquals(
                report,
                JsonDocument
                    .Parse(await File.ReadAllTextAsync(Path.Combine(run, "report.json"), TestContext.Current.CancellationToken))
                    .RootElement
            )
        );
    }

    [Fact]
    public async Task Probes_PlacesAlternate_AndSwapAsksForTheOther()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion(@"\boxed{Assistant 1}", reasoning: "The first.")
        );
        RrmResult result = await ProbeAsync(server, "--probe", "swap", "--probe", "again");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.StartsWith("m: right on 2 of 3 pairs (0 refused, 0 missing)", result.Out, StringComparison.Ordinal); // the first and the third pair
        Assert.Matches(@"\nswap\s+2\s+0\s+0\s+2\s+2\s+100\.0 \(34\.2 to 100\.0\)\n", result.Out);
        Assert.Matches(@"\nagain\s+2\s+0\s+0\s+2\s+0\s+0\.0 \(0\.0 to 65\.8\)\n", result.Out);
        Assert.Equal(
            7,
            server.Requests.Select(request => (request.LastContent("user"), request.Body["seed"]?.ToString())).Distinct().Count()
        );
    }

    [Fact]
    public async Task Probes_NoVerdictUnderOneProbe_IsMissingAndNamed()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.LastContent("user")?.Contains("Solution:", StringComparison.Ordinal) == true
                ? FakeReply.Completion("nothing", reasoning: "x")
                : RightAnswerServer.Judge(request)
        );
        RrmResult result = await ProbeAsync(server, "--probe", "solution", "--limit", "1");
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Contains("rrm: a, solution:", result.Error, StringComparison.Ordinal);
        Assert.Matches(@"\nsolution\s+1\s+0\s+1\s+0\s+0\s+-\n", result.Out);
    }

    [Fact]
    public async Task Probes_ShippedModel_RefusesWhatIsNoNumber()
    {
        await File.WriteAllTextAsync(
            Data,
            """{"query":"12*4+7","response_1":"55","response_2":"54","label":1}""",
            TestContext.Current.CancellationToken
        );
        RrmResult result = await Rrm.RunAsync(
            "bench",
            "probes",
            "--data",
            Data,
            "--temperature",
            "0",
            "--probe",
            "empty",
            "--probe",
            "verdict",
            "--json"
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        JsonElement probes = JsonDocument.Parse(result.Out).RootElement.GetProperty("probes");
        Assert.Equal((0, 1), (probes[0].GetProperty("refused").GetInt32(), probes[0].GetProperty("compared").GetInt32()));
        Assert.Equal((1, 0), (probes[1].GetProperty("refused").GetInt32(), probes[1].GetProperty("compared").GetInt32()));
    }

    [Theory]
    [InlineData("There is no probe 'magic'", "--probe", "magic")]
    [InlineData("--order does not go with probes", "--order", "both")]
    [InlineData("--limit is 0", "--limit", "0")]
    [InlineData("There is no benchmark 'nothing'", "--benchmark", "nothing")]
    public async Task Probes_CallThatCannotBe_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["bench", "probes", "--data", Data, .. args]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probes_EveryPairIsRefused_SaysThatNothingCanBeProbed()
    {
        RrmResult result = await Rrm.RunAsync("bench", "probes", "--data", Data);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains("refuses every pair", result.Error, StringComparison.Ordinal);
    }
}
