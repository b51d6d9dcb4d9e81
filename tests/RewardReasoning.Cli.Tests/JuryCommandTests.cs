using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>Juries of judges on servers: a member prefers the response that says "right", but on the queries that it errs on.</summary>
public sealed class JuryCommandTests : IDisposable
{
    private const int Pairs = 60;
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-live-jury-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Judge_JuryWithoutWeights_CountsMembersEquallyAndSaysSo()
    {
        await using FakeOpenAIServer good = await MemberAsync(_ => false),
            bad = await MemberAsync(_ => true);
        string jury = await WriteJuryAsync("""{"name":"third","endpoint":"URL1","model":"m1","order":"both","votes":2}""", good, bad);

        RrmResult result = await JudgeAsync(jury, "--json");

        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement judgment = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(1, judgment.GetProperty("preferred").GetInt32());
        JsonElement members = judgment.GetProperty("members");
        Assert.Equal(["first", "second", "third"], members.EnumerateObject().Select(member => member.Name));
        Assert.Equal([1, 2, 1], members.EnumerateObject().Select(member => member.Value.GetProperty("preferred").GetInt32()));
        Assert.Equal(4, members.GetProperty("third").GetProperty("votes").GetArrayLength());
        Assert.All(
            members.EnumerateObject(),
            member => Assert.True(member.Value.GetProperty("usage").GetProperty("output_tokens").GetInt64() > 0)
        );

        // Confidences 0.75 for, 0.75 against and 0.97 (31/32) for: the mean of their log-odds is ln(31)/3.
        Assert.Equal(1 / (1 + Math.Exp(-Math.Log(31) / 3)), judgment.GetProperty("confidence").GetDouble(), 1e-6);
        Assert.Equal(JsonValueKind.Null, judgment.GetProperty("calibrated_confidence").ValueKind);
        Assert.Contains("no fitted weights", judgment.GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_MemberThatFails_IsMissingAndNoVote()
    {
        await using FakeOpenAIServer good = await MemberAsync(_ => false),
            broken = await FakeOpenAIServer.StartAsync(_ => FakeReply.Error(500, "out of memory"));
        string jury = await WriteJuryAsync("", good, broken);

        RrmResult result = await JudgeAsync(jury);

        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Contains("Response 1 is better.", result.Out, StringComparison.Ordinal);
        Assert.Contains("confidence 0.75", result.Out, StringComparison.Ordinal);
        string second = result.Out.Split('\n').Single(line => line.StartsWith("second ", StringComparison.Ordinal));
        Assert.Contains("out of memory", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_AllMembersFail_IsAFailedJudgment()
    {
        await using FakeOpenAIServer broken = await FakeOpenAIServer.StartAsync(_ => FakeReply.Error(500, "out of memory"));

        RrmResult result = await JudgeAsync(await WriteJuryAsync("", broken, broken));

        Assert.Equal(ExitCodes.Failed, result.ExitCode);
        Assert.Contains("out of memory", result.Error, StringComparison.Ordinal);
    }

    /// <summary>The way from labelled pairs to a jury with weights; the second run finds all completions in the store.</summary>
    [Fact]
    public async Task Score_JuryThenFittedWeights_IsCalibratedAndAsksNothingAgain()
    {
        await using FakeOpenAIServer good = await MemberAsync(query => query % 10 == 0),
            weak = await MemberAsync(query => query % 3 == 0);
        string jury = await WriteJuryAsync("", good, weak),
            pairs = await WritePairsAsync(),
            store = Path.Combine(_folder, "store.db"),
            summary = Path.Combine(_folder, "summary.json");
        RrmResult scored = await Rrm.RunAsync([
            "score",
            pairs,
            "--out",
            Out("judged"),
            "--jury",
            jury,
            "--order",
            "both",
            "--store",
            store,
            "--summary",
            summary,
        ]);
        Assert.True(scored.ExitCode == ExitCodes.Done, scored.Error);
        Assert.Contains("Fleiss' kappa", scored.Error, StringComparison.Ordinal);
        JsonElement figures = JsonDocument.Parse(await ReadAsync(summary)).RootElement.GetProperty("jury");
        Assert.Equal(Pairs, figures.GetProperty("kappa_pairs").GetInt32());
        JsonElement[] members = [.. figures.GetProperty("members").EnumerateArray()];
        Assert.Equal([0.9, 0.667], members.Select(member => Math.Round(member.GetProperty("right").GetDouble(), 3)));
        Assert.All(members, member => Assert.Equal(0.5, member.GetProperty("shown_first").GetDouble()));
        int asked = good.Requests.Count + weak.Requests.Count;

        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync("bench", "jury", Out("judged"), "--save", Out("weights"))).ExitCode);
        string fitted = await WriteJuryAsync("", good, weak, Out("weights"));
        RrmResult again = await Rrm.RunAsync([
            "score",
            pairs,
            "--out",
            Out("again"),
            "--jury",
            fitted,
            "--order",
            "both",
            "--store",
            store,
        ]);

        Assert.True(again.ExitCode == ExitCodes.Done, again.Error);
        Assert.Equal(asked, good.Requests.Count + weak.Requests.Count);
        Assert.DoesNotContain("no fitted weights", again.Error, StringComparison.Ordinal);
        JsonElement[] rows = [.. File.ReadLines(Out("again")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("judgment"))];
        Assert.All(
            rows,
            row => Assert.Equal(row.GetProperty("confidence").GetDouble(), row.GetProperty("calibrated_confidence").GetDouble())
        );

        // Where they differ the better member decides, less surely than where they agree.
        Assert.Equal(1, rows[3].GetProperty("preferred").GetInt32());
        Assert.True(rows[3].GetProperty("confidence").GetDouble() < rows[1].GetProperty("confidence").GetDouble());
    }

    [Fact]
    public async Task Score_WeightsOfAnotherMember_AreRefused()
    {
        await using FakeOpenAIServer good = await MemberAsync(_ => false),
            weak = await MemberAsync(query => query % 3 == 0);
        string jury = await WriteJuryAsync("", good, weak);
        _ = await Rrm.RunAsync("score", await WritePairsAsync(), "--out", Out("judged"), "--jury", jury);
        _ = await Rrm.RunAsync("bench", "jury", Out("judged"), "--save", Out("weights"));
        string fitted = await WriteJuryAsync("", good, weak, Out("weights"));

        RrmResult result = await JudgeAsync(fitted, "--votes", "3");

        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("with at most 1 votes; here it is m0 with 3", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_FileOfAJury_HasATableOfItsMembers()
    {
        await using FakeOpenAIServer good = await MemberAsync(_ => false),
            weak = await MemberAsync(query => query % 3 == 0);
        string jury = await WriteJuryAsync("", good, weak);
        _ = await Rrm.RunAsync("score", await WritePairsAsync(), "--out", Out("judged"), "--jury", jury);

        string file = Path.Combine(_folder, "report.html");
        RrmResult result = await Rrm.RunAsync("report", Out("judged"), "--out", file);

        Assert.True(result.ExitCode == ExitCodes.Done, result.Error);
        string page = await ReadAsync(file);
        Assert.Contains("members of the jury", page, StringComparison.Ordinal);
        Assert.Contains("66.7%", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "--votes is 0; at least 1 is needed",
        """{"members":[{"name":"a","endpoint":"http://localhost:1","model":"m","votes":0}]}"""
    )]
    [InlineData("'colour' is not known", """{"members":[{"name":"a","model":"m","colour":1}]}""")]
    [InlineData("neither 'model' nor 'endpoint'", """{"members":[{"name":"a"}]}""")]
    [InlineData("two members are named 'a'", """{"members":[{"name":"a","model":"m"},{"name":"a","model":"m"}]}""")]
    [InlineData("no list 'members'", """{"judges":[]}""")]
    public async Task Judge_JuryThatCannotBeRead_IsRefused(string fault, string jury)
    {
        string file = Path.Combine(_folder, "jury.json");
        await File.WriteAllTextAsync(file, jury, TestContext.Current.CancellationToken);

        RrmResult result = await JudgeAsync(file);

        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(fault, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--model is for one model", "--model", "m")]
    [InlineData("--ties is for one judge", "--ties")]
    [InlineData("--show-prompt is for one judge", "--show-prompt")]
    public async Task Judge_OptionsThatDoNotGoWithAJury_AreRefused(string fault, params string[] args)
    {
        await using FakeOpenAIServer good = await MemberAsync(_ => false);

        RrmResult result = await JudgeAsync(await WriteJuryAsync("", good), args);

        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(fault, result.Error, StringComparison.Ordinal);
        Assert.Empty(good.Requests);
    }

    private string Out(string name) => Path.Combine(_folder, $"{name}.jsonl");

    private static Task<string> ReadAsync(string path) => File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);

    private static Task<RrmResult> JudgeAsync(string jury, params string[] args) =>
        Rrm.RunAsync(["judge", "--query", "q 1", "--response", "right", "--response", "wrong", "--jury", jury, "--store", "none", .. args]);

    private static Task<FakeOpenAIServer> MemberAsync(Func<int, bool> errs) =>
        FakeOpenAIServer.StartAsync(request =>
        {
            string prompt = request.LastContent("user") ?? "";
            int query = int.Parse(prompt.Split("q ", 2)[1].Split('\n')[0], CultureInfo.InvariantCulture);
            bool firstIsRight =
                prompt.IndexOf("\nright\n", StringComparison.Ordinal) < prompt.IndexOf("\nwrong\n", StringComparison.Ordinal);
            return FakeReply.Completion($@"So \boxed{{Assistant {(firstIsRight != errs(query) ? 1 : 2)}}}", reasoning: "Let me see.");
        });

    /// <summary>Members "first" and "second" on the servers, and a further one whose URL1 is the first server's.</summary>
    private Task<string> WriteJuryAsync(string further, params FakeOpenAIServer[] servers) => WriteJuryAsync(further, servers, null);

    private Task<string> WriteJuryAsync(string further, FakeOpenAIServer first, FakeOpenAIServer second, string weights) =>
        WriteJuryAsync(further, [first, second], weights);

    private async Task<string> WriteJuryAsync(string further, FakeOpenAIServer[] servers, string? weights)
    {
        string[] names = ["first", "second"];
        string file = Path.Combine(_folder, "jury.json");
        IEnumerable<string> members = servers.Select(
            (server, at) => $$"""{"name":"{{names[at]}}","endpoint":["{{server.Url}}"],"model":"m{{at}}","tries":1}"""
        );
        string all = string.Join(
            ",",
            further.Length > 0 ? members.Append(further.Replace("URL1", $"{servers[0].Url}", StringComparison.Ordinal)) : members
        );
        await File.WriteAllTextAsync(
            file,
            $$"""{ {{(weights is null ? "" : $"\"weights\": {JsonSerializer.Serialize(weights)},")}} "members":[{{all}}]}""",
            TestContext.Current.CancellationToken
        );
        return file;
    }

    private async Task<string> WritePairsAsync()
    {
        string path = Path.Combine(_folder, "pairs.jsonl");
        await File.WriteAllLinesAsync(
            path,
            Enumerable.Range(0, Pairs).Select(i => $$"""{"query":"q {{i}}","chosen":"right","rejected":"wrong"}"""),
            TestContext.Current.CancellationToken
        );
        return path;
    }
}
