using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Data.Export;
using RewardReasoning.Data.Export.Verl;
using RewardReasoning.Data.Rows;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Data.Tests.Export;

/// <summary>Exports against what verl's own data set class yields (Fixtures/verl.json) and the settings that it knows.</summary>
public sealed class VerlExportTests : IDisposable
{
    private static readonly string[] Completions =
    [
        @"thought</think>\boxed{Assistant 1}",
        @"a</think> \boxed{Assistant 1}, no: \boxed{\text{assistant 2}}.",
        @"\boxed{Assistant 1}",
        @"</think>\boxed{Assistant 3}",
        @"<think>x</think>**\boxed{**Assistant 2**}**",
        @"</think>\boxed{Assistant 1} and \boxed{Assistant",
        @"</think>\fbox{Assistant 2}",
        @"<think>a</think>b<think>\boxed{Assistant 1}",
        @"<think>\boxed{Assistant 1}</think>",
        "",
        @"</think>\boxed{ {Assistant} {2} }",
        @"</think>\boxed {Assistant 1}",
    ];

    private readonly ExportFolder _folder = new();
    private readonly List<string> _faults = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private Task<ExportReport> ExportAsync(VerlExportOptions options, IEnumerable<DataRow> rows) =>
        new VerlExport(options, TimeProvider.System).WriteAsync(
            rows.ToAsyncEnumerable(),
            _folder.At(""),
            (row, fault) => _faults.Add(fault),
            Token
        );

    private static DataRow Pair(int number, string first = "yes", string second = "no") =>
        RowText.Parse(
            new JsonObject
            {
                ["query"] = $"q{number}",
                ["response_1"] = first,
                ["response_2"] = second,
                ["label"] = 1,
            }.ToJsonString()
        );

    [Fact]
    public async Task WriteAsync_PairsOfTheFixture_GiveRowsThatVerlReads()
    {
        JsonElement fixture = JsonDocument.Parse(await File.ReadAllTextAsync(ExportFolder.Fixture("verl.json"), Token)).RootElement;
        JsonElement[] expected = [.. fixture.GetProperty("rows").EnumerateArray()];
        ExportReport report = await ExportAsync(new() { BothOrders = true, TestShare = 0 }, expected.Select(RowOf));
        Assert.Equal(new ExportReport(24, 48, 0, 0), report);
        Assert.Equal(ExportFolder.LeavesOf(fixture), await ExportFolder.LeavesAsync(_folder.At("train.parquet")));
        DataRow[] written = await ExportFolder.ReadAsync(_folder.At("train.parquet"));
        Assert.Equal(Enumerable.Range(0, 48).Select(i => $"{i}"), written.Select(row => row.Field("extra_info.index")));
        foreach (JsonElement row in expected)
        {
            JsonElement extra = row.GetProperty("extra_info");
            DataRow same = Assert.Single(
                written,
                one =>
                    one.Field("extra_info.pair_id") == extra.GetProperty("pair_id").GetString()
                    && one.Field("extra_info.swapped") == extra.GetProperty("swapped").GetRawText()
            );
            Assert.Equal(WithoutPrompt(row), WithoutPrompt(same.Fields ?? default));
            JsonElement prompt = same.Fields?.GetProperty("prompt") ?? default;
            Assert.Equal(["system", "user"], prompt.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
            Assert.Contains(
                extra.GetProperty("query").GetString() ?? "?",
                prompt[1].GetProperty("content").GetString(),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task WriteAsync_OneOrder_ShowsTheBetterFirstAboutHalfTheTime()
    {
        await ExportAsync(new() { TestShare = 0 }, Enumerable.Range(0, 400).Select(i => Pair(i)));
        int first = (await ExportFolder.ReadAsync(_folder.At("train.parquet"))).Count(row =>
            row.Field("reward_model.ground_truth") == "Assistant 1"
        );
        Assert.InRange(first, 160, 240);
    }

    [Fact]
    public async Task WriteAsync_TestShare_KeepsWholeQueriesApart()
    {
        ExportReport report = await ExportAsync(
            new() { TestShare = 0.25 },
            Enumerable.Range(0, 400).Select(i => Pair(i / 2, second: $"no {i}"))
        );
        string[] train =
        [
            .. (await ExportFolder.ReadAsync(_folder.At("train.parquet"))).Select(row => row.Field("extra_info.query") ?? ""),
        ];
        string[] test = [.. (await ExportFolder.ReadAsync(_folder.At("test.parquet"))).Select(row => row.Field("extra_info.query") ?? "")];
        Assert.Equal((400, test.Length), (train.Length + test.Length, (int)report.Test));
        Assert.InRange(test.Length, 60, 140);
        Assert.Empty(train.Intersect(test));
    }

    [Fact]
    public async Task WriteAsync_Thoughts_AreNoPartOfResponses()
    {
        ExportReport report = await ExportAsync(
            new() { TestShare = 0 },
            [Pair(1, "<think>hm</think>\n\nyes"), Pair(2, "<think>a</think>same", "<think>b</think>same")]
        );
        Assert.Equal((1, 1), (report.Written, report.LeftOut));
        DataRow row = Assert.Single(await ExportFolder.ReadAsync(_folder.At("train.parquet")));
        Assert.Equal(["no", "yes"], new[] { row.Field("extra_info.response_1"), row.Field("extra_info.response_2") }.Order());
        Assert.Contains("thoughts alone", Assert.Single(_faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_PairsGivenInBothOrders_AreShownOnceInEach()
    {
        IEnumerable<DataRow> rows = Enumerable.Range(0, 20).SelectMany(number => new[] { Pair(number), Mirrored(number), Pair(number) });
        ExportReport report = await ExportAsync(new() { TestShare = 0 }, rows);
        DataRow[] written = await ExportFolder.ReadAsync(_folder.At("train.parquet"));
        Assert.Equal((40, 20), (report.Written, report.LeftOut));
        Assert.Equal(20, written.Count(row => row.Field("reward_model.ground_truth") == "Assistant 1"));
        Assert.Equal(40, written.Select(row => (row.Field("extra_info.query"), row.Field("extra_info.response_1"))).Distinct().Count());

        static DataRow Mirrored(int number) =>
            RowText.Parse($$"""{"query": "q{{number}}", "response_1": "no", "response_2": "yes", "label": 2}""");
    }

    [Fact]
    public async Task WriteAsync_NoRowsToTestOn_LeavesNoFileOfThem()
    {
        await ExportAsync(new() { TestShare = 0.5 }, Enumerable.Range(0, 40).Select(i => Pair(i)));
        Assert.True(File.Exists(_folder.At("test.parquet")));
        await ExportAsync(new() { TestShare = 0 }, [Pair(1)]);
        Assert.False(File.Exists(_folder.At("test.parquet")));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(20, 16)]
    [InlineData(128, 128)]
    [InlineData(300, 128)]
    public async Task WriteAsync_FewRows_MakeABatchThatTheyFill(int rows, int batch)
    {
        await ExportAsync(new() { TestShare = 0 }, Enumerable.Range(0, rows).Select(i => Pair(i)));
        string settings = await File.ReadAllTextAsync(_folder.At("settings.txt"), Token);
        Assert.Contains($"data.train_batch_size={batch}\n", settings, StringComparison.Ordinal);
        Assert.Contains($"actor_rollout_ref.actor.ppo_mini_batch_size={batch}\n", settings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_RowsWithoutId_AreNamedWithoutTheFolderOfTheirFile()
    {
        await ExportAsync(new() { TestShare = 0 }, [Pair(1) with { File = "data/private/pairs.jsonl", Number = 7 }]);
        DataRow row = Assert.Single(await ExportFolder.ReadAsync(_folder.At("train.parquet")));
        Assert.Equal("pairs.jsonl:7", row.Field("extra_info.pair_id"));
        Assert.Equal("pairs/pairs.jsonl", row.Field("data_source"));
    }

    [Fact]
    public async Task WriteAsync_Settings_AreOnesThatVerlKnows()
    {
        await ExportAsync(
            new()
            {
                Gpus = 4,
                Nodes = 2,
                Model = "Qwen/Qwen3-8B",
                MaxPromptTokens = 1000,
                MaxResponseTokens = 2000,
                TestShare = 0,
            },
            [Pair(1)]
        );
        HashSet<string> known = [.. await File.ReadAllLinesAsync(ExportFolder.Fixture("verl-keys.txt"), Token)];
        string[] lines =
        [
            .. (await File.ReadAllLinesAsync(_folder.At("settings.txt"), Token)).Where(line => line.Length > 0 && line[0] != '#'),
        ];
        Assert.All(lines, line => Assert.Contains(line.Split('=')[0], known));
        Assert.All(
            (await File.ReadAllLinesAsync(_folder.At("run.sh"), Token)).Where(line =>
                line.Contains('=', StringComparison.Ordinal) && line.StartsWith("  \"", StringComparison.Ordinal)
            ),
            line => Assert.Contains(line.Trim(' ', '"').Split('=')[0], known)
        );
        Assert.Contains("trainer.n_gpus_per_node=4", lines);
        Assert.Contains("trainer.nnodes=2", lines);
        Assert.Contains("actor_rollout_ref.model.path=Qwen/Qwen3-8B", lines);
        Assert.Contains("actor_rollout_ref.actor.ppo_max_token_len_per_gpu=3000", lines);
        Assert.Contains("trainer.test_freq=-1", lines); // nothing to validate on
        Assert.DoesNotContain('{', string.Concat(lines));
        Assert.DoesNotContain("{gpus}", await File.ReadAllTextAsync(_folder.At("README.md"), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_RunScript_StartsVerlWithEverySetting()
    {
        await ExportAsync(new() { TestShare = 0 }, [Pair(1)]);
        await File.WriteAllTextAsync(_folder.At("python3"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n", Token);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.At("python3"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        string[] arguments = (
            await RunAsync(
                _folder.At("run.sh"),
                ["trainer.total_epochs=3"],
                "",
                start => start.Environment["PATH"] = $"{_folder.At("")}:{Environment.GetEnvironmentVariable("PATH")}"
            )
        )
            .TrimEnd()
            .Split('\n');
        Assert.Equal(["-m", "verl.trainer.main_ppo", "algorithm.adv_estimator=grpo"], arguments[..3]);
        Assert.Equal("trainer.total_epochs=3", arguments[^1]);
        Assert.All(arguments[2..], argument => Assert.Matches("^[a-z_.]+=.+$", argument));
        Assert.Contains($"reward.custom_reward_function.path={_folder.At("rewards.py")}", arguments);
    }

    [Fact]
    public async Task Rewards_EveryCompletion_CountsAsTheVerdictParserReadsIt()
    {
        if (!Environment.GetEnvironmentVariable("PATH")?.Split(':').Any(folder => File.Exists(Path.Combine(folder, "python3"))) ?? true)
        {
            Assert.Skip("python3 is not installed.");
        }

        await ExportAsync(new() { TestShare = 0 }, [Pair(1)]);
        string script =
            $"import json, sys; sys.path.insert(0, '{_folder.At("")}'); import rewards; "
            + $"print(json.dumps([rewards.compute_score('pairs/x', text, 'Assistant 1', {{}}) for text in json.load(sys.stdin)]))";
        JsonElement[] scores =
        [
            .. JsonDocument
                .Parse(await RunAsync("python3", ["-c", script], JsonSerializer.Serialize(Completions)))
                .RootElement.EnumerateArray(),
        ];
        foreach ((string completion, JsonElement score) in Completions.Zip(scores))
        {
            Verdict verdict = VerdictParser.Parse(completion, promptOpensReasoning: true);
            Assert.Equal(
                (completion, verdict == Verdict.First ? 1.0 : -1.0, verdict == Verdict.Unparsable ? 0.0 : 1.0),
                (completion, score.GetProperty("score").GetDouble(), score.GetProperty("readable").GetDouble())
            );
        }
    }

    [Fact]
    public async Task WriteAsync_FaultyOptions_SaysAllFaults()
    {
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() =>
            ExportAsync(
                new()
                {
                    Gpus = 0,
                    TestShare = 1,
                    Model = "",
                },
                []
            )
        );
        Assert.Contains("Gpus is 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("TestShare is 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("Model is empty", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The pair of a fixture's row as a file of the user's would hold it.</summary>
    private static DataRow RowOf(JsonElement row)
    {
        JsonElement extra = row.GetProperty("extra_info");
        bool swapped = extra.GetProperty("swapped").GetBoolean();
        JsonObject pair = new()
        {
            ["pair_id"] = extra.GetProperty("pair_id").GetString(),
            ["query"] = extra.GetProperty("query").GetString(),
            ["response_1"] = extra.GetProperty(swapped ? "response_2" : "response_1").GetString(),
            ["response_2"] = extra.GetProperty(swapped ? "response_1" : "response_2").GetString(),
            ["label"] = swapped ? 3 - extra.GetProperty("preferred").GetInt32() : extra.GetProperty("preferred").GetInt32(),
            ["source"] = row.GetProperty("data_source").GetString()?["pairs/".Length..],
        };
        if (extra.GetProperty("margin").ValueKind == JsonValueKind.Number)
        {
            pair["margin"] = extra.GetProperty("margin").GetDouble();
        }

        return RowText.Parse(pair.ToJsonString());
    }

    private static string WithoutPrompt(JsonElement row)
    {
        JsonObject copy = JsonNode.Parse(row.GetRawText())?.AsObject() ?? [];
        copy.Remove("prompt");
        copy["extra_info"]?.AsObject().Remove("index");
        return copy.ToJsonString();
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string input, Action<ProcessStartInfo>? change = null)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        change?.Invoke(start);
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
