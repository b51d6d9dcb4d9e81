using System.IO.Compression;
using System.Text;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Tests;

public sealed class RateCommandTests : IDisposable
{
    private const string Matches = """
        {"player_1":"a","player_2":"b","winner":1}
        {"player_1":"b","player_2":"c","winner":"tie"}
        {"player_1":"c","player_2":"a","winner":2}
        {"player_1":"b","player_2":"c","winner":1}

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-rate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Rate_Json_IsALeaderboardWithIntervals()
    {
        RrmResult result = await Rrm.StartAsync(Matches, "rate", "-", "--json");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        JsonElement ratings = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            ("bradley-terry", 4, 0),
            (
                ratings.GetProperty("method").GetString(),
                ratings.GetProperty("matches").GetInt32(),
                ratings.GetProperty("missing_matches").GetInt32()
            )
        );
        JsonElement[] rows = [.. ratings.GetProperty("ratings").EnumerateArray()];
        Assert.Equal(
            [("a", 2, 0, 0), ("b", 1, 1, 1), ("c", 0, 2, 1)],
            rows.Select(row =>
                (
                    row.GetProperty("player").GetString(),
                    row.GetProperty("wins").GetInt32(),
                    row.GetProperty("losses").GetInt32(),
                    row.GetProperty("ties").GetInt32()
                )
            )
        );
        Assert.Equal(3000, rows.Sum(row => row.GetProperty("rating").GetDouble()), 1e-6);
        Assert.All(
            rows,
            row =>
                Assert.InRange(
                    row.GetProperty("rating").GetDouble(),
                    row.GetProperty("low").GetDouble(),
                    row.GetProperty("high").GetDouble()
                )
        );
    }

    [Fact]
    public async Task Rate_Elo_TakesMatchesAsTheyCome()
    {
        // 1002 against 998 is expected to win 0.505756: four points for each match, by hand.
        RrmResult result = await Rrm.RunAsync(
            """
            {"model_a":"x","model_b":"y","winner":"model_a"}
            {"model_a":"x","model_b":"y","winner":"model_b"}
            {"model_a":"x","model_b":"y","winner":null}
            """,
            ["rate", "-", "--method", "elo", "--json"]
        );
        JsonElement ratings = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(1, ratings.GetProperty("missing_matches").GetInt32());
        double expected = 1 / (1 + Math.Pow(10, -4 / 400.0));
        Assert.Equal(
            [("y", 998 + (4 * expected)), ("x", 1002 - (4 * expected))],
            ratings
                .GetProperty("ratings")
                .EnumerateArray()
                .Select(row => (row.GetProperty("player").GetString(), row.GetProperty("rating").GetDouble()))
        );
    }

    [Fact]
    public async Task Rate_Paper_CountsAMissingMatchAsHalfAPoint()
    {
        const string Missing = """
            {"player_1":"x","player_2":"y","winner":1}
            {"player_1":"x","player_2":"y","winner":null}
            """;
        double expected = 1 / (1 + Math.Pow(10, -4 / 400.0));
        JsonElement ratings = JsonDocument.Parse((await Rrm.RunAsync(Missing, ["rate", "-", "--paper", "--json"])).Out).RootElement;
        Assert.Equal("elo", ratings.GetProperty("method").GetString());
        Assert.Equal(1002 + (4 * (0.5 - expected)), ratings.GetProperty("ratings")[0].GetProperty("rating").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task Rate_ForPeople_IsATableAndAPlot()
    {
        string packed = PathOf("matches.jsonl.gz"),
            plot = PathOf("board.svg");
        await using (GZipStream gzip = new(File.Create(packed), CompressionLevel.Fastest))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Matches), TestContext.Current.CancellationToken);
        }

        RrmResult result = await Rrm.RunAsync("rate", packed, "--plot", plot);
        Assert.Equal((ExitCodes.Done, "4 matches of 3 players\n"), (result.ExitCode, result.Error));
        Assert.Matches(@"^player +rating +95% interval +won +lost +tied\na +\d+ +-?\d+ to \d+ +2 +0 +0\n", result.Out);
        string svg = await File.ReadAllTextAsync(plot, TestContext.Current.CancellationToken);
        Assert.StartsWith("<svg", svg[svg.IndexOf("<svg", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rate_RowsThatAreNoMatches_AreNamedAndLeftOut()
    {
        await File.WriteAllTextAsync(
            PathOf("m.jsonl"),
            Matches
                + """
                oops
                {"player_1":"a","player_2":"a","winner":1}
                {"player_1":"a","player_2":"b","winner":3}
                {"query":"q"}
                """,
            TestContext.Current.CancellationToken
        );
        RrmResult result = await Rrm.RunAsync("rate", PathOf("m.jsonl"), "--json");
        Assert.Equal(
            (ExitCodes.SomeMissing, 4),
            (result.ExitCode, JsonDocument.Parse(result.Out).RootElement.GetProperty("matches").GetInt32())
        );
        Assert.Contains("m.jsonl:5: Not JSON", result.Error, StringComparison.Ordinal);
        Assert.Contains("m.jsonl:6: 'a' plays against itself", result.Error, StringComparison.Ordinal);
        Assert.Contains("m.jsonl:7: 'winner' is 3; it must be 1, 2 or \"tie\"", result.Error, StringComparison.Ordinal);
        Assert.Contains("m.jsonl:8: The row holds a query without responses; a match has player_1", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no match to rate", "-")]
    [InlineData("no file or folder 'none.jsonl'", "none.jsonl")]
    [InlineData("--method is 'glicko'", "-", "--method", "glicko")]
    [InlineData("--paper goes with --method elo", "-", "--paper", "--method", "bradley-terry")]
    [InlineData("plots are written as .svg or .png", "-", "--plot", "board.pdf")]
    public async Task Rate_BadUsage_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["rate", .. args]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
