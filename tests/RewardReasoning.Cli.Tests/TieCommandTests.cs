using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class TieCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-ties-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A judge that calls a tie unless one response says "right".</summary>
    private static Task<FakeOpenAIServer> StartAsync() =>
        FakeOpenAIServer.StartAsync(request =>
            (request.LastContent("user") ?? "").Contains("right", StringComparison.Ordinal)
                ? RightAnswerServer.Judge(request)
                : FakeReply.Completion(@"\boxed{Tie}", reasoning: "The same.")
        );

    [Fact]
    public async Task Ties_AreResultsOfTheirOwnInEveryVerb()
    {
        await using FakeOpenAIServer server = await StartAsync();
        string[] model = ["--endpoint", server.Url.ToString(), "--model", "m", "--ties"];
        RrmResult judged = await Rrm.RunAsync(["judge", "--query", "q", "--response", "a", "--response", "b", "--votes", "2", .. model]);
        Assert.Equal(ExitCodes.Done, judged.ExitCode);
        Assert.Contains("Neither response is better.\nvotes 0:0, 2 for a tie", judged.Out, StringComparison.Ordinal);

        string pairs = Write(
            "pairs.jsonl",
            """{"query":"q","response_1":"a","response_2":"b","label":1}""",
            """{"query":"q","response_1":"b","response_2":"right","label":2}"""
        );
        string output = Path.Combine(_folder, "judged.jsonl");
        RrmResult scored = await Rrm.RunAsync(["score", pairs, "--out", output, .. model]);
        Assert.Equal(ExitCodes.Done, scored.ExitCode);
        Assert.StartsWith("2 rows: 1 judged, 0 missing, 1 ties, in", scored.Error, StringComparison.Ordinal);
        JsonElement row = JsonElement.Parse((await File.ReadAllLinesAsync(output, TestContext.Current.CancellationToken))[0]);
        Assert.Equal("tie", row.GetProperty("judgment").GetProperty("outcome").GetString());
        Assert.Equal("tie", row.GetProperty("judgment").GetProperty("votes")[0].GetProperty("verdict").GetString());
        Assert.False(row.TryGetProperty("error", out _));

        RrmResult labels = await Rrm.RunAsync(["label", pairs, "--out", Path.Combine(_folder, "dpo.jsonl"), .. model]);
        Assert.Equal(ExitCodes.Done, labels.ExitCode);
        Assert.Contains("1 pairs written, 1 draws", labels.Error, StringComparison.Ordinal);

        RrmResult ranked = await Rrm.RunAsync(["rank", "--query", "q", "--response", "a", "--response", "b", "--json", .. model]);
        Assert.Equal(ExitCodes.Done, ranked.ExitCode);
        JsonElement ranking = JsonElement.Parse(ranked.Out);
        Assert.Equal("tie", ranking.GetProperty("matches")[0].GetProperty("outcome").GetString());
        Assert.Equal(0.5, ranking.GetProperty("ranking")[0].GetProperty("reward").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task Rate_Davidson_SeesHowOftenTiesAreCalled()
    {
        string matches = Write(
            "matches.jsonl",
            [
                .. Enumerable.Repeat("""{"player_1":"a","player_2":"b","winner":1}""", 6),
                .. Enumerable.Repeat("""{"player_1":"a","player_2":"b","winner":2}""", 2),
                .. Enumerable.Repeat("""{"player_1":"a","player_2":"b","winner":"tie"}""", 4),
            ]
        );
        JsonElement davidson = JsonElement.Parse((await Rrm.RunAsync("rate", matches, "--method", "davidson", "--json")).Out);
        JsonElement plain = JsonElement.Parse((await Rrm.RunAsync("rate", matches, "--json")).Out);
        Assert.Equal("davidson", davidson.GetProperty("method").GetString());

        // ln(6/2) apart, against ln(8/4) where a tie is half a point; the weak prior pulls both a little.
        Assert.Equal(400 * Math.Log10(3), Gap(davidson), 4.0);
        Assert.Equal(400 * Math.Log10(2), Gap(plain), 4.0);

        static double Gap(JsonElement board) =>
            board.GetProperty("ratings")[0].GetProperty("rating").GetDouble()
            - board.GetProperty("ratings")[1].GetProperty("rating").GetDouble();
    }

    [Fact]
    public async Task Ties_OfAModelWithItsOwnPromptOrWithAdaptiveVoting_AreRefused()
    {
        RrmResult mini = await Rrm.RunAsync("judge", "--query", "1+1", "--response", "2", "--response", "3", "--ties");
        Assert.Equal((ExitCodes.BadUsage, ""), (mini.ExitCode, mini.Out));
        Assert.Contains(@"--ties is set, and the template does not offer \boxed{Tie}", mini.Error, StringComparison.Ordinal);

        await using FakeOpenAIServer server = await StartAsync();
        RrmResult adaptive = await Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            "--response",
            "b",
            "--votes",
            "3",
            "--adaptive",
            "certain",
            "--ties",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
        ]);
        Assert.Equal(ExitCodes.BadUsage, adaptive.ExitCode);
        Assert.Contains("with three verdicts all votes are asked for", adaptive.Error, StringComparison.Ordinal);
    }

    private string Write(string name, params string[] lines)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }
}
