using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Building;
using RewardReasoning.Data.Rows;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Data.Tests.Building;

public sealed class PairBuilderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-build-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task BuildAsync_StoredOutputs_PairsRightWithWrong()
    {
        Write(
            "questions.jsonl",
            """
            {"id":1,"question":"2+2?","options":["3","4"],"answer":"B"}
            {"id":2,"question":"none right","answer":"B"}
            broken
            {"id":3,"question":"missing in one file","answer":"A"}
            {"id":4,"question":"last","answer":"A"}
            """
        );
        Write(
            "one.jsonl",
            """
            {"id":1,"ok":true,"stated":true,"output":"<think>well</think> It is (B).\n\nQuestion: another"}
            {"id":2,"ok":false,"stated":true,"output":"no"}
            {"id":4,"ok":false,"stated":true,"output":"bad"}
            """
        );
        Write(
            "two.jsonl",
            """
            {"id":0,"ok":false,"stated":true,"output":"of no question"}
            {"id":1,"ok":false,"stated":true,"output":"It is (A)."}
            {"id":1,"ok":false,"stated":false,"output":"a guess"}
            {"id":3,"ok":true,"stated":true,"output":"<think>cut"}
            {"id":4,"ok":true,"stated":true,"output":"good"}
            """
        );
        BuildManifest manifest = await BuildAsync(
            Source(
                """
                "kind": "outputs", "rows": "questions.jsonl", "outputs": ["one.jsonl", "two.jsonl"], "key": "id", "correct": "ok", "require": { "stated": true }, "cut_at": "\n\nQuestion:"
                """
            )
        );
        SourceCounts counts = manifest.Sources[0].Counts;
        Assert.Equal(
            (5, 1, 7, 1, 1, 1, 2, 3),
            (
                counts.Rows,
                counts.FaultyRows,
                counts.Responses,
                counts.UnmatchedResponses,
                counts.ExcludedResponses,
                counts.EmptyResponses,
                counts.Right,
                counts.Wrong
            )
        );
        Assert.Equal((2, 2), (counts.QueriesWithBoth, manifest.Outputs[0].Rows));
        DataRow[] rows = await ReadAsync("train.jsonl");
        Assert.Equal("2+2?\n\n(A) 3\n(B) 4", rows[0].Field("query"));
        Assert.Equal(("It is (B).", "It is (A)."), Sides(rows[0]));
        Assert.Equal(("good", "bad"), Sides(rows[1]));
        Assert.Equal(1, manifest.Outputs[0].BetterFirst);
        Assert.False(Directory.Exists(Path.Combine(_folder, "out", ".parts")));
    }

    [Fact]
    public async Task BuildAsync_OutputsWithoutVerdicts_AreVerified()
    {
        Write("questions.jsonl", """{"id":1,"question":"1/2+1/2?","answer":"1"}""");
        Write(
            "one.jsonl",
            """
            {"id":1,"output":"So \\boxed{2/2}."}
            {"id":1,"output":"So \\boxed{2}."}
            {"id":1,"output":"I do not know."}
            """
        );
        BuildManifest manifest = await BuildAsync(
            Source(
                """
                "kind": "outputs", "rows": "questions.jsonl", "outputs": "one.jsonl", "key": "id"
                """
            )
        );
        Assert.Equal(
            (1, 1, 1),
            (manifest.Sources[0].Counts.Right, manifest.Sources[0].Counts.Wrong, manifest.Sources[0].Counts.UndecidedResponses)
        );
        Assert.Equal(("So \\boxed{2/2}.", "So \\boxed{2}."), Sides((await ReadAsync("train.jsonl"))[0]));
    }

    [Fact]
    public async Task BuildAsync_ResponsesBothRightBothWrongOrUndecided_MakeNoPair()
    {
        Write(
            "questions.jsonl",
            """
            {"id":1,"question":"Solve x^2=16.","answer":"-4, 4"}
            {"id":2,"question":"Which option?","options":["one","two","three","four"],"answer":"C"}
            {"id":3,"question":"How many people live there?","answer":"1500000"}
            {"id":4,"question":"Solve x >= 5.","answer":"x \\ge 5"}
            {"id":5,"question":"How much is it in percent?","answer":"50\\%"}
            {"id":6,"question":"2+2?","answer":"4"}
            """
        );
        Write(
            "one.jsonl",
            """
            {"id":1,"output":"Factoring gives two roots. Therefore, x = 4 or x = -4."}
            {"id":1,"output":"Taking roots, the answer is $x = \\pm 4$."}
            {"id":2,"output":"The answer is a tough one, but it must be (C)."}
            {"id":2,"output":"The answer is (C)."}
            {"id":3,"output":"So the answer is 1.5 million."}
            {"id":3,"output":"So the answer is 1,500,000."}
            {"id":4,"output":"The answer is $|x| \\ge 5$."}
            {"id":4,"output":"The answer is $x \\ge 6$."}
            {"id":5,"output":"The answer is 50."}
            {"id":5,"output":"The answer is 50%."}
            {"id":6,"output":"It is 4."}
            {"id":6,"output":"It is 5."}
            """
        );
        BuildManifest manifest = await BuildAsync(
            Source(
                """
                "kind": "outputs", "rows": "questions.jsonl", "outputs": "one.jsonl", "key": "id"
                """
            )
        );
        SourceCounts counts = manifest.Sources[0].Counts;
        Assert.Equal((8, 3, 1, 1, 1), (counts.Right, counts.Wrong, counts.UndecidedResponses, counts.QueriesWithBoth, counts.Pairs));
        Assert.Equal(("It is 4.", "It is 5."), Sides((await ReadAsync("train.jsonl"))[0]));
    }

    [Fact]
    public async Task BuildAsync_Again_GivesTheSameFilesAndManifest()
    {
        WritePreferences("pairs.jsonl", 60, "q");
        string recipe = Source(
            """
            "kind": "preferences", "rows": "pairs.jsonl"
            """,
            """
            "held_out": 0.3,
            """
        );
        string first = (await BuildAsync(recipe)).ToJson();
        byte[] train = await File.ReadAllBytesAsync(Path.Combine(_folder, "out", "train.jsonl"), Token);
        Assert.Equal(first, (await BuildAsync(recipe)).ToJson());
        Assert.Equal(train, await File.ReadAllBytesAsync(Path.Combine(_folder, "out", "train.jsonl"), Token));
        Assert.Equal(first, await File.ReadAllTextAsync(Path.Combine(_folder, "out", "manifest.json"), Token));
        Assert.DoesNotContain(_folder, first.Replace("\"path\": \"" + _folder, "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BuildAsync_HeldOut_SharesNoQueryAndPositionsAreBalanced()
    {
        WritePreferences("pairs.jsonl", 200, "q");
        WritePreferences("more.jsonl", 200, "Q", "other ");
        BuildManifest manifest = await BuildAsync(
            Source(
                """
                "kind": "preferences", "rows": ["pairs.jsonl", "more.jsonl"]
                """,
                """
                "held_out": 0.25,
                """
            )
        );
        string[] train = [.. (await ReadAsync("train.jsonl")).Select(row => (row.Field("query") ?? "").ToLowerInvariant()).Distinct()];
        string[] heldOut = [.. (await ReadAsync("heldout.jsonl")).Select(row => (row.Field("query") ?? "").ToLowerInvariant()).Distinct()];
        Assert.Empty(train.Intersect(heldOut));
        Assert.InRange(heldOut.Length, 30, 75);
        Assert.Equal(400, manifest.Outputs.Sum(output => output.Rows));
        Assert.All(manifest.Outputs, output => Assert.InRange(output.BetterFirst - (output.Rows / 2), 0, 1));
    }

    [Fact]
    public async Task BuildAsync_Weights_KeepTheirRatio()
    {
        WritePreferences("a.jsonl", 100, "a");
        WritePreferences("b.jsonl", 15, "b");
        WritePreferences("c.jsonl", 40, "c");
        WritePreferences("d.jsonl", 40, "d");
        string Weighted(string name, int weight) =>
            $$"""{ "name": "{{name}}", "kind": "preferences", "licence": "MIT", "rows": "{{Path.Combine(_folder, name)}}.jsonl", "weight": {{weight}} }""";
        BuildManifest manifest = await BuildAsync(
            $$"""{ "sources": [{{Weighted("a", 5)}}, {{Weighted("b", 1)}}, {{Weighted("c", 1)}}, {{Weighted("d", 1)}}] }"""
        );
        Assert.Equal([75, 15, 15, 15], manifest.Sources.Select(source => source.Train));
        string[] order = [.. (await ReadAsync("train.jsonl")).Select(row => row.Field("source") ?? "")];
        Assert.Equal(5, order[..8].Count(name => name == "a"));
        Assert.All("bcd", name => Assert.Equal(1, order[..8].Count(one => one == $"{name}")));
    }

    [Fact]
    public async Task BuildAsync_DuplicatesAndBenchmarkQueries_AreLeftOutAndCounted()
    {
        Write(
            "pairs.jsonl",
            """
            {"query":"What is the capital of France?","chosen":"Paris","rejected":"Rome"}
            {"query":"what is the CAPITAL of France","chosen":"paris!","rejected":"Rome"}
            {"query":"Name one of the largest rivers that flow through Germany today","chosen":"Rhine","rejected":"Nile"}
            {"query":"Something else","chosen":"a","rejected":"b"}
            """
        );
        Write("bench.jsonl", """{"question":"Please name one of the largest rivers that flow through Germany","answer":"Rhine"}""");
        BuildManifest manifest = await BuildAsync(
            Source(
                """
                "kind": "preferences", "rows": "pairs.jsonl"
                """,
                $$"""
                "decontaminate": { "against": { "rivers": "{{Path.Combine(_folder, "bench.jsonl")}}" }, "ngram": 5, "share": 0.5 },
                """
            )
        );
        SourceCounts counts = manifest.Sources[0].Counts;
        Assert.Equal((2, 1, 1), (counts.Pairs, counts.Duplicates, counts.Contaminated["rivers"]));
        Assert.Equal(("rivers", 1), (manifest.Benchmarks[0].Name, manifest.Benchmarks[0].Queries));
    }

    [Fact]
    public async Task BuildAsync_BenchmarkWithoutQueries_IsAnErrorThatNamesTheFile()
    {
        Write("pairs.jsonl", """{"query":"q","chosen":"a","rejected":"b"}""");
        Write("bench.jsonl", """{"text":"q"}""");
        string recipe = Source(
            """
            "kind": "preferences", "rows": "pairs.jsonl"
            """,
            $$"""
            "decontaminate": { "against": { "rivers": "{{Path.Combine(_folder, "bench.jsonl")}}" } },
            """
        );

        RecipeException error = await Assert.ThrowsAsync<RecipeException>(() => BuildAsync(recipe));

        Assert.Contains("decontaminate.against.rivers: no query was found in the 1 rows of", error.Message, StringComparison.Ordinal);
        Assert.Contains("bench.jsonl", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BuildAsync_RowsWithoutUsableText_AreNamedAndTheOthersUsed()
    {
        Write("questions.jsonl", """{"id":1,"question":"2+2?","answer":"4"}""");
        Write(
            "outputs.jsonl",
            """
            {"id":1,"output":"It is 4."}
            {"id":1,"output":"\ud835 4"}
            {"id":1,"output":"It is 5."}
            """
        );
        Write(
            "bench.jsonl",
            """
            {"question":"another?","answer":"x"}
            {"text":"no query"}
            """
        );
        List<string> complaints = [];

        BuildManifest manifest = await BuildAsync(
            Source(
                """
                "kind": "outputs", "rows": "questions.jsonl", "outputs": "outputs.jsonl", "key": "id"
                """,
                $$"""
                "decontaminate": { "against": { "rivers": "{{Path.Combine(_folder, "bench.jsonl")}}" } },
                """
            ),
            new BuildTools { Complain = (place, fault) => complaints.Add($"{Path.GetFileName(place)}: {fault}") }
        );

        Assert.Equal((1, 1), (manifest.Sources[0].Counts.Pairs, manifest.Sources[0].Counts.FaultyRows));
        Assert.Contains(complaints, one => one.StartsWith("bench.jsonl:2: ", StringComparison.Ordinal));
        Assert.Contains(complaints, one => one.StartsWith("outputs.jsonl:2: 'output' is not valid Unicode", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BuildAsync_Annotated_TakesTheJudgesWord()
    {
        Write(
            "pairs.jsonl",
            """
            {"query":"q1","response_1":"no","response_2":"right"}
            {"query":"q2","response_1":"right","response_2":"no"}
            {"query":"q3","response_1":"x","response_2":"y"}
            """
        );
        FixedJudge judge = new(comparison =>
            comparison.Response1 == "right" ? Verdict.First
            : comparison.Response2 == "right" ? Verdict.Second
            : Verdict.Unparsable
        );
        BuildManifest manifest = await BuildAsync(
            Source(
                """
                "kind": "annotated", "rows": "pairs.jsonl"
                """
            ),
            new BuildTools { Judge = judge, JudgeIdentity = "fixed" }
        );
        Assert.Equal(("fixed", 2, 1), (manifest.Judge, manifest.Sources[0].Counts.Pairs, manifest.Sources[0].Counts.Missing));
        Assert.All(await ReadAsync("train.jsonl"), row => Assert.Equal(("right", "no"), Sides(row)));
    }

    [Fact]
    public async Task BuildAsync_Sampled_VerifiesWhatModelsSay()
    {
        Write(
            "questions.jsonl",
            """
            {"question":"2+2?","answer":"4"}
            {"question":"3+3?","answer":"6"}
            """
        );
        List<string> asked = [];
        using ScriptedChatClient client = new(request =>
        {
            lock (asked)
            {
                asked.Add($"{request.UserText} {request.Options.Seed}");
                int right = request.UserText.StartsWith('2') ? 4 : 6;
                return $"<think>hm</think>\\boxed{{{(asked.Count % 2 == 0 ? right : 1)}}}";
            }
        });
        BuildManifest manifest = await BuildAsync(
            Source(
                """
                "kind": "sampled", "rows": "questions.jsonl", "models": [{ "model": "m" }], "samples": 4, "instruction": "Box it."
                """
            ),
            new BuildTools { OpenModel = (_, _) => Task.FromResult<IChatClient>(client), Concurrency = 1 }
        );
        Assert.Equal(
            (8, 4, 4, 2),
            (
                manifest.Sources[0].Counts.Responses,
                manifest.Sources[0].Counts.Right,
                manifest.Sources[0].Counts.Wrong,
                manifest.Outputs[0].Rows
            )
        );
        Assert.All(await ReadAsync("train.jsonl"), row => Assert.StartsWith("\\boxed", Sides(row).Better, StringComparison.Ordinal));
        Assert.Equal(8, asked.Distinct().Count());
        Assert.StartsWith("2+2?\n\nBox it. ", asked[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task BuildAsync_SourceWithoutPairs_IsNamed()
    {
        Write("pairs.jsonl", """{"query":"q","response_1":"a","response_2":"b"}""");
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            BuildAsync(
                Source(
                    """
                    "kind": "preferences", "rows": "pairs.jsonl"
                    """
                )
            )
        );
        Assert.Contains("The source 's' gave no pair", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BuildAsync_RealOutputsOfSixModels_TakesEveryQuestion()
    {
        string data = Fixtures.Data("mmlu-pro", out bool whole);
        BuildManifest manifest = await BuildAsync(
            $$"""
            { "sources": [{ "name": "mmlu-pro", "kind": "outputs", "licence": "Apache-2.0", "rows": "{{data}}/questions.jsonl.gz", "outputs": ["{{data}}/outputs-*.jsonl.gz"],
              "key": "question_id", "correct": "correct", "require": { "stated": true }, "cut_at": ["\n\nQuestion:"] }] }
            """
        );
        SourceCounts counts = manifest.Sources[0].Counts;
        Assert.Equal((whole ? 8_487 : 708, 0, 0), (counts.Rows, counts.FaultyRows, counts.UnmatchedResponses));
        Assert.Equal(whole ? 50_868 : 4_244, counts.Responses);
        Assert.InRange(manifest.Outputs[0].Rows, whole ? 5_000 : 400, whole ? 6_500 : 550);
        Assert.InRange(manifest.Outputs[0].BetterLonger - manifest.Outputs[0].BetterShorter, -50, 50);
    }

    private static (string Better, string Worse) Sides(DataRow row) =>
        row.Field("label") == "1"
            ? (row.Field("response_1") ?? "", row.Field("response_2") ?? "")
            : (row.Field("response_2") ?? "", row.Field("response_1") ?? "");

    private static string Source(string fields, string settings = "") =>
        $$"""{ {{settings}} "sources": [{ "name": "s", "licence": "MIT", {{fields}} }] }""";

    private async Task<BuildManifest> BuildAsync(string recipe, BuildTools? tools = null)
    {
        // Names of files stand for files of the test's folder.
        foreach (string file in Directory.EnumerateFiles(_folder, "*.jsonl"))
        {
            recipe = recipe.Replace($"\"{Path.GetFileName(file)}\"", JsonSerializer.Serialize(file), StringComparison.Ordinal);
        }

        Write("recipe.json", recipe);
        (BuildRecipe read, string hash) = BuildRecipe.Load(Path.Combine(_folder, "recipe.json"));
        return await new PairBuilder(read, hash, tools ?? new BuildTools(), TimeProvider.System).BuildAsync(
            Path.Combine(_folder, "out"),
            Token
        );
    }

    private async Task<DataRow[]> ReadAsync(string name) =>
        await RowReader.ReadAsync(Path.Combine(_folder, "out", name), Token).ToArrayAsync(Token);

    private void WritePreferences(string name, int count, string query, string better = "good ") =>
        Write(
            name,
            string.Join(
                '\n',
                Enumerable.Range(0, count).Select(i => $$"""{"query":"{{query}}{{i}}","chosen":"{{better}}{{i}}","rejected":"bad {{i}}"}""")
            )
        );

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name), content);

    private sealed class FixedJudge(Func<Comparison, Verdict> verdict) : IJudge
    {
        public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
        {
            Verdict preferred = verdict(comparison);
            return Task.FromResult(
                new Judgment
                {
                    Preferred = preferred == Verdict.Unparsable ? null : preferred,
                    VoteShare = preferred == Verdict.Unparsable ? null : 1,
                    MissingReason = preferred == Verdict.Unparsable ? "nothing to choose" : null,
                    Votes = [],
                    MaxVotes = 1,
                    Model = "fixed",
                    Usage = Usage.None,
                }
            );
        }
    }
}
