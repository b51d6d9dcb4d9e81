using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>Criteria in every verb that judges; a check decides most, and the server's judge prefers what says "right".</summary>
public sealed class CriteriaCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-criteria-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Score_Criteria_JudgesPairsAndRanksCandidates()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string criteria =
                await WriteAsync("criteria.json", """{"criteria":[{"name":"short","words":{"max":2}},{"name":"k","text":"Kind."}]}"""),
            rows =
                await WriteAsync(
                    "rows.jsonl",
                    """
                    {"query":"q","chosen":"right","rejected":"other"}
                    {"query":"q","response_1":"right but far too long","response_2":"other"}
                    {"query":"q","responses":["other","right","other too"]}
                    """
                ),
            output = PathOf("out.jsonl");

        RrmResult result = await Rrm.RunAsync(["score", rows, "--out", output, "--criteria", criteria, .. At(server)]);

        Assert.True(result.ExitCode == ExitCodes.Done, result.Error);
        JsonElement[] scored = [.. File.ReadLines(output).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(1, scored[0].GetProperty("judgment").GetProperty("preferred").GetInt32());
        Assert.Equal("tie", scored[1].GetProperty("judgment").GetProperty("outcome").GetString()); // ½ · 0 + ½ · 1 each
        JsonElement parts = scored[0].GetProperty("judgment").GetProperty("criteria").GetProperty("criteria");
        Assert.Equal(["short", "k"], parts.EnumerateArray().Select(part => part.GetProperty("name").GetString()));
        Assert.Equal(1, scored[2].GetProperty("ranking")[0].GetProperty("index").GetInt32());
    }

    [Fact]
    public async Task RankAndLabel_ChecksAlone_NeedNoModel()
    {
        string criteria = await WriteAsync("criteria.json", """{"criteria":[{"name":"a","equals_answer":"55"}]}"""),
            rows = await WriteAsync("rows.jsonl", """{"query":"12*4+7","responses":["54","It is 55."]}""" + "\n"),
            pairs = PathOf("pairs.jsonl");

        RrmResult ranked = await Rrm.RunAsync([
            "rank",
            "--query",
            "12*4+7",
            "--response",
            "54",
            "--response",
            "It is 55.",
            "--criteria",
            criteria,
            "--json",
        ]);
        RrmResult labelled = await Rrm.RunAsync(["label", rows, "--out", pairs, "--criteria", criteria]);

        Assert.True(ranked.ExitCode == ExitCodes.Done, ranked.Error);
        Assert.Equal(1, JsonDocument.Parse(ranked.Out).RootElement.GetProperty("best").GetInt32());
        Assert.True(labelled.ExitCode == ExitCodes.Done, labelled.Error);
        Assert.Contains(
            "It is 55.",
            JsonDocument.Parse(File.ReadLines(pairs).Single()).RootElement.GetProperty("chosen").ToString(),
            StringComparison.Ordinal
        );
    }

    /// <summary>The server compares by the criteria, and gives each response a reward of its own; what cannot be decided is null and masked.</summary>
    [Fact]
    public async Task Serve_Criteria_JudgesByThemAndGivesScalarRewards()
    {
        string criteria = await WriteAsync(
            "criteria.json",
            """{"criteria":[{"name":"a","equals_answer":"55","weight":3},{"name":"p","regex":"^(\\w+\\s?)+$"}]}"""
        );
        using Process process = Rrm.Start("serve", "--port", "0", "--criteria", criteria, "--store", "none");
        string told = await process.StandardError.ReadLineAsync(Cancellation) ?? "";
        string url = told[(told.IndexOf("http", StringComparison.Ordinal))..told.IndexOf(';', StringComparison.Ordinal)];
        using HttpClient http = new();
        JsonElement judgment = await PostAsync(http, $"{url}/judge", """{"query":"12*4+7","response_1":"54","response_2":"55"}""");
        JsonElement rewards = await PostAsync(
            http,
            $"{url}/rewards",
            $$"""
            [{"mode":"scalar","query":"12*4+7","response":"55","wait_s":20},
             {"mode":"scalar","query":"12*4+7","response":"54","wait_s":20},
             {"mode":"scalar","query":"12*4+7","response":"{{new string('a', 60)}}!","wait_s":20}]
            """
        );

        Assert.Equal(2, judgment.GetProperty("preferred").GetInt32());
        Assert.Equal([1.0, 0.25, null], rewards.EnumerateArray().Select(reward => Number(reward.GetProperty("reward"))));
        Assert.Equal([false, false, true], rewards.EnumerateArray().Select(reward => reward.GetProperty("mask").GetBoolean()));
        using Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await process.WaitForExitAsync(Cancellation);

        static double? Number(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetDouble();
    }

    [Fact]
    public async Task Judge_AgainstReferences_ScoresOneResponse()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();

        RrmResult better = await AgainstAsync(server, "right", "--json");
        RrmResult worse = await AgainstAsync(server, "other");

        Assert.True(better.ExitCode == ExitCodes.Done, better.Error);
        JsonElement result = JsonDocument.Parse(better.Out).RootElement;
        Assert.Equal((2.5 / 3, false), (result.GetProperty("score").GetDouble(), result.GetProperty("mask").GetBoolean()));
        Assert.Equal(2, result.GetProperty("matches").GetArrayLength());
        Assert.Contains("scores 0.17 of 1 against 2 references", worse.Out, StringComparison.Ordinal);

        static Task<RrmResult> AgainstAsync(FakeOpenAIServer server, string response, params string[] args) =>
            Rrm.RunAsync([
                "judge",
                "--query",
                "q",
                "--response",
                response,
                "--against",
                response == "right" ? "one" : "right too",
                "--against",
                response == "right" ? "two" : "right as well",
                .. At(server),
                .. args,
            ]);
    }

    [Fact]
    public async Task Judge_AgainstWithoutAnyResult_IsNullAndMasked()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ => FakeReply.Completion("No idea."));

        RrmResult result = await Rrm.RunAsync(["judge", "--query", "q", "--response", "a", "--against", "b", "--json", .. At(server)]);

        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        JsonElement json = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal((JsonValueKind.Null, true), (json.GetProperty("score").ValueKind, json.GetProperty("mask").GetBoolean()));
        Assert.Contains(
            "No vote has a verdict",
            json.GetProperty("matches")[0].GetProperty("missing").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("--against scores one response", "--response", "b", "--against", "c")]
    [InlineData("--quick does not go with --criteria", "--criteria", "CRITERIA", "--quick", "--quick-confidence", "0.9")]
    public async Task Judge_WhatDoesNotGoTogether_IsRefused(string fault, params string[] args)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string criteria = await WriteAsync("criteria.json", """{"criteria":[{"name":"k","text":"Kind."}]}""");

        RrmResult result = await Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            .. args.Select(arg => arg == "CRITERIA" ? criteria : arg),
            .. At(server),
        ]);

        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(fault, result.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    private static async Task<JsonElement> PostAsync(HttpClient http, string url, string body)
    {
        using StringContent content = new(body, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await http.PostAsync(new Uri(url), content, Cancellation);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    private static string[] At(FakeOpenAIServer server) => ["--endpoint", server.Url.ToString(), "--model", "m", "--store", "none"];

    private string PathOf(string name) => Path.Combine(_folder, name);

    private async Task<string> WriteAsync(string name, string text)
    {
        await File.WriteAllTextAsync(PathOf(name), text, Cancellation);
        return PathOf(name);
    }
}
