using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class CalibrateCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-calibrate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Forty queries; the judge, which prefers what says "right", is wrong by the labels on every fourth.</summary>
    private static IEnumerable<string> Rows =>
        Enumerable
            .Range(0, 40)
            .Select(i => $$"""{"query":"q{{i}}","response_1":"right","response_2":"other","label":{{(i % 4 == 0 ? 2 : 1)}}}""");

    [Fact]
    public async Task Calibrate_LabelledPairs_ReportsAndKeepsTheFitThatJudgeThenUses()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string calibration = PathOf("m.json"),
            plot = PathOf("reliability.svg");
        RrmResult result = await Rrm.RunAsync([
            "calibrate",
            await WriteAsync(Rows),
            "--votes",
            "5",
            "--out",
            calibration,
            "--plot",
            plot,
            "--json",
            .. At(server),
        ]);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));

        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            (40, 0, 40, 0.75),
            (
                report.GetProperty("rows").GetInt32(),
                report.GetProperty("missing").GetInt32(),
                report.GetProperty("queries").GetInt32(),
                report.GetProperty("accuracy").GetDouble()
            )
        );
        // Five equal votes claim 63/64, three of four are right: |3/4 - 63/64| and 3/4 · (1/64)² + 1/4 · (63/64)².
        Assert.Equal(0.234375, report.GetProperty("before").GetProperty("ece").GetDouble(), 1e-12);
        Assert.Equal(((3.0 / 4096) + (63 * 63 / 4096.0)) / 4, report.GetProperty("before").GetProperty("brier").GetDouble(), 1e-12);
        Assert.InRange(report.GetProperty("after").GetProperty("ece").GetDouble(), 0, 0.03);
        Assert.Contains("<svg", await File.ReadAllTextAsync(plot, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        RrmResult judged = await Rrm.RunAsync([.. Judge, "--votes", "5", "--calibration", calibration, "--json", .. At(server)]);
        JsonElement judgment = JsonDocument.Parse(judged.Out).RootElement;
        Assert.Equal(63.0 / 64, judgment.GetProperty("confidence").GetDouble());
        Assert.InRange(judgment.GetProperty("calibrated_confidence").GetDouble(), 0.7, 0.8);
        Assert.Contains(
            "confidence 0.98 · calibrated 0.7",
            (await Rrm.RunAsync([.. Judge, "--votes", "5", "--calibration", calibration, .. At(server)])).Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Abstain_ByTheFitOfCalibrate_IsItsOwnResultInEveryVerb()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            (request.LastContent("user") ?? "").Contains("unsure", StringComparison.Ordinal)
                ? FakeReply.Completion(@"\boxed{Assistant 1}", reasoning: "Hm.")
                : RightAnswerServer.Judge(request)
        );
        string calibration = PathOf("m.json"),
            judged = PathOf("judged.jsonl"),
            pairs = PathOf("pairs-to-judge.jsonl"),
            summary = PathOf("summary.json");
        string[] options = ["--order", "both", "--calibration", calibration, "--abstain", "0.05", .. At(server)];
        await File.WriteAllLinesAsync(
            pairs,
            [
                """{"query":"q","response_1":"right","response_2":"other","label":1}""",
                """{"query":"q","response_1":"unsure","response_2":"other","label":2}""",
            ],
            TestContext.Current.CancellationToken
        );
        IEnumerable<string> labelled = Enumerable
            .Range(0, 90)
            .Select(i =>
                $$"""{"query":"q{{i}}","response_1":"{{(i < 70 ? "right" : "unsure")}}","response_2":"other","label":{{(i < 70 ? 1 : 1 + (i % 2))}}}"""
            );
        RrmResult fit = await Rrm.RunAsync([
            "calibrate",
            await WriteAsync(labelled),
            "--order",
            "both",
            "--out",
            calibration,
            .. At(server),
        ]);
        Assert.Equal(ExitCodes.Done, fit.ExitCode);
        Assert.Contains(
            "given if no more than this share may be wrong: 0.01: none, 0.05: 77.8%, 0.1: 77.8%",
            fit.Out,
            StringComparison.Ordinal
        );

        RrmResult sure = await Rrm.RunAsync(["judge", "--query", "q", "--response", "other", "--response", "right", .. options]);
        RrmResult unsure = await Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "other",
            "--response",
            "unsure",
            "--json",
            .. options,
        ]);
        Assert.Equal((ExitCodes.Done, ExitCodes.Abstained), (sure.ExitCode, unsure.ExitCode));
        JsonElement judgment = JsonElement.Parse(unsure.Out);
        Assert.Equal(("abstained", 1), (judgment.GetProperty("outcome").GetString(), judgment.GetProperty("uncertainty").GetDouble()));
        Assert.Equal(JsonValueKind.Null, judgment.GetProperty("preferred").ValueKind);

        RrmResult scored = await Rrm.RunAsync(["score", pairs, "--out", judged, "--summary", summary, .. options]);
        Assert.Equal(ExitCodes.Abstained, scored.ExitCode);
        Assert.StartsWith("2 rows: 1 judged, 0 missing, 1 abstained from (given: 50.0%)", scored.Error, StringComparison.Ordinal);
        JsonElement row = JsonElement.Parse((await File.ReadAllLinesAsync(judged, TestContext.Current.CancellationToken))[1]);
        Assert.False(row.TryGetProperty("error", out _));
        Assert.Equal("abstained", row.GetProperty("judgment").GetProperty("outcome").GetString());

        RrmResult ranked = await Rrm.RunAsync([
            "rank",
            "--query",
            "q",
            "--response",
            "other",
            "--response",
            "unsure",
            "--json",
            .. options,
        ]);
        Assert.Equal(ExitCodes.Abstained, ranked.ExitCode);
        Assert.Equal(JsonValueKind.Null, JsonElement.Parse(ranked.Out).GetProperty("ranking")[0].GetProperty("reward").ValueKind);

        RrmResult labels = await Rrm.RunAsync(["label", pairs, "--out", PathOf("dpo.jsonl"), .. options]);
        Assert.Equal(ExitCodes.Abstained, labels.ExitCode);
        Assert.Contains("1 pairs written", labels.Error, StringComparison.Ordinal);
        Assert.Contains("0 rows missing, 1 abstained from", labels.Error, StringComparison.Ordinal);

        RrmResult report = await Rrm.RunAsync(["report", judged, "--markdown"]);
        Assert.True(report.ExitCode is ExitCodes.Done, report.Error);

        RrmResult tooFew = await Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            "--response",
            "b",
            .. options,
            "--abstain",
            "0.01",
        ]);
        Assert.Equal((ExitCodes.BadUsage, ""), (tooFew.ExitCode, tooFew.Out));
    }

    [Fact]
    public async Task Calibrate_SecondSettings_AreKeptBesideTheFirst()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string calibration = PathOf("m.json"),
            pairs = await WriteAsync(Rows);
        foreach (string votes in (string[])["1", "3", "3"])
        {
            Assert.Equal(
                ExitCodes.Done,
                (
                    await Rrm.RunAsync(["calibrate", pairs, "--votes", votes, "--method", "isotonic", "--out", calibration, .. At(server)])
                ).ExitCode
            );
        }

        JsonElement[] fits =
        [
            .. JsonDocument
                .Parse(await File.ReadAllTextAsync(calibration, TestContext.Current.CancellationToken))
                .RootElement.GetProperty("fits")
                .EnumerateArray(),
        ];
        Assert.Equal([1, 3], fits.Select(fit => fit.GetProperty("voting").GetProperty("votes").GetInt32()));
        Assert.All(fits, fit => Assert.Equal(0.75, fit.GetProperty("knots")[0][1].GetDouble()));
    }

    [Fact]
    public async Task Calibrate_JudgedRows_GiveTheFitOfTheJudge()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string pairs = await WriteAsync(Rows),
            judged = PathOf("judged.jsonl"),
            direct = PathOf("direct.json"),
            later = PathOf("later.json");
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync(["score", pairs, "--out", judged, "--votes", "3", .. At(server)])).ExitCode);
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync(["calibrate", pairs, "--votes", "3", "--out", direct, .. At(server)])).ExitCode);
        int asked = server.Requests.Count;
        RrmResult result = await Rrm.RunAsync(["calibrate", judged, "--judged", "--votes", "3", "--out", later, .. At(server)]);

        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Matches(@"^40 labelled judgments of 40 queries, 75\.0% right; 0 rows missing, 0 without a label\n", result.Out);
        Assert.Equal(asked, server.Requests.Count);
        Assert.Equal(
            await File.ReadAllTextAsync(direct, TestContext.Current.CancellationToken),
            await File.ReadAllTextAsync(later, TestContext.Current.CancellationToken)
        );

        RrmResult others = await Rrm.RunAsync(["calibrate", judged, "--judged", "--votes", "5", "--out", later, .. At(server)]);
        Assert.Equal(ExitCodes.BadUsage, others.ExitCode);
        Assert.Contains(
            "judged.jsonl:1: the row was judged with at most 3 votes, these options mean 5",
            others.Error,
            StringComparison.Ordinal
        );
        RrmResult raw = await Rrm.RunAsync(["calibrate", pairs, "--judged", "--out", later, .. At(server)]);
        Assert.Contains("pairs.jsonl:1: the row has no 'judgment'", raw.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calibrate_ModelFolder_KeepsTheFitThereAndUsesItWhereItHolds()
    {
        using TinyJudge model = new();
        string pairs = await WriteAsync(
            Enumerable.Range(0, 20).Select(i => $$"""{"query":"{{i}}+1","response_1":"{{i + 1}}","response_2":"{{i}}","label":1}""")
        );
        string[] options = ["--model", model.Folder, "--thinking-budget", "0"];
        RrmResult result = await Rrm.RunAsync(["calibrate", pairs, "--folds", "4", .. options]);
        Assert.Equal(
            (ExitCodes.Done, $"rrm: the fit is in {Path.Combine(model.Folder, "calibration.json")}\n"),
            (result.ExitCode, result.Error)
        );

        string[] judge = ["judge", "--query", "1+1", "--response", "2", "--response", "3", "--json"];
        RrmResult same = await Rrm.RunAsync([.. judge, .. options]);
        Assert.Equal("", same.Error);
        Assert.Equal(JsonValueKind.Number, JsonDocument.Parse(same.Out).RootElement.GetProperty("calibrated_confidence").ValueKind);
        RrmResult other = await Rrm.RunAsync([.. judge, .. options, "--votes", "3"]);
        Assert.Contains(
            "calibration.json does not hold here: it was made with votes 1 instead of 3.",
            other.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(other.Out).RootElement.GetProperty("calibrated_confidence").ValueKind);
    }

    [Fact]
    public async Task Judge_CalibrationThatDoesNotHold_IsRefused()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string calibration = PathOf("m.json");
        await Rrm.RunAsync(["calibrate", await WriteAsync(Rows), "--votes", "3", "--out", calibration, .. At(server)]);
        RrmResult settings = await Rrm.RunAsync([.. Judge, "--votes", "5", "--calibration", calibration, .. At(server)]);
        RrmResult model = await Rrm.RunAsync([
            .. Judge,
            "--votes",
            "3",
            "--calibration",
            calibration,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "another",
        ]);
        Assert.Equal((ExitCodes.BadUsage, ExitCodes.BadUsage), (settings.ExitCode, model.ExitCode));
        Assert.Contains("it was made with votes 3 instead of 5", settings.Error, StringComparison.Ordinal);
        Assert.Contains("it was made for the model", model.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calibrate_RowsWithoutLabelOrJudgment_AreCounted()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        RrmResult result = await Rrm.RunAsync([
            "calibrate",
            await WriteAsync([.. Rows, """{"query":"q","response_1":"a","response_2":"right"}""", "oops"]),
            "--out",
            PathOf("m.json"),
            "--json",
            .. At(server),
        ]);
        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            (ExitCodes.SomeMissing, 42, 1, 1, 40),
            (
                result.ExitCode,
                report.GetProperty("rows").GetInt32(),
                report.GetProperty("missing").GetInt32(),
                report.GetProperty("unlabelled").GetInt32(),
                report.GetProperty("labelled").GetInt32()
            )
        );
        Assert.Contains("pairs.jsonl:42: Not JSON", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name a file with --out FILE")]
    [InlineData("--method is 'magic'; it is temperature or isotonic", "--out", "m.json", "--method", "magic")]
    [InlineData("--folds is 1", "--out", "m.json", "--folds", "1")]
    [InlineData("3 distinct queries for 10 folds", "--out", "m.json")]
    [InlineData("plots are written as .svg or .png", "--out", "m.json", "--plot", "plot.pdf")]
    [InlineData("is not a calibration file", "--out", "notes.txt")]
    public async Task Calibrate_BadUsage_SaysWhatIsWrongAndWritesNothing(string message, params string[] args)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        await File.WriteAllTextAsync(PathOf("notes.txt"), "notes", TestContext.Current.CancellationToken);
        string[] inFolder = [.. args.Select(arg => arg.Contains('.', StringComparison.Ordinal) ? PathOf(arg) : arg)];
        RrmResult result = await Rrm.RunAsync(["calibrate", await WriteAsync(Rows.Take(3)), .. inFolder, .. At(server)]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("m.json")));
        Assert.Equal("notes", await File.ReadAllTextAsync(PathOf("notes.txt"), TestContext.Current.CancellationToken));
    }

    private static readonly string[] Judge = ["judge", "--query", "q", "--response", "right", "--response", "b"];

    private static string[] At(FakeOpenAIServer server) => ["--endpoint", server.Url.ToString(), "--model", "m"];

    private string PathOf(string name) => Path.Combine(_folder, name);

    private async Task<string> WriteAsync(IEnumerable<string> lines)
    {
        await File.WriteAllLinesAsync(PathOf("pairs.jsonl"), lines, TestContext.Current.CancellationToken);
        return PathOf("pairs.jsonl");
    }
}
