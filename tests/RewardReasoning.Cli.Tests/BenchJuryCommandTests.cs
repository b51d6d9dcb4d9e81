using System.Text.Json;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Tests;

public sealed class BenchJuryCommandTests : IDisposable
{
    private const int Pairs = 60;
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-jury-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Jury_JudgedFiles_ReportsWeightsAgreementBiasAndTokens()
    {
        string good = await WriteAsync("good", i => i % 10 != 0),
            weak = await WriteAsync("weak", i => i % 3 != 0);

        RrmResult result = await Rrm.RunAsync("bench", "jury", good, weak, "--json");

        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        JsonElement[] members = [.. report.GetProperty("members").EnumerateArray()];
        Assert.Equal(["good", "weak"], members.Select(member => member.GetProperty("name").GetString()));
        Assert.Equal([0.9, 0.667], members.Select(member => Math.Round(member.GetProperty("right").GetDouble(), 3)));
        Assert.True(members[0].GetProperty("weight").GetDouble() > members[1].GetProperty("weight").GetDouble());
        Assert.Equal(7 * Pairs, members[0].GetProperty("tokens").GetInt64());
        Assert.Equal(Pairs, report.GetProperty("kappa_pairs").GetInt32());
    }

    /// <summary>The second file has its rows in another order and the responses of each exchanged; one row failed.</summary>
    [Fact]
    public async Task Jury_WeightsOfAFit_JoinFilesByTheirTexts()
    {
        string good = await WriteAsync("good", i => i % 10 != 0),
            weak = await WriteAsync("weak", i => i % 3 != 0, swapped: true),
            jury = Path.Combine(_folder, "jury.json"),
            joined = Path.Combine(_folder, "joined.jsonl");
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync("bench", "jury", good, weak, "--save", jury)).ExitCode);

        RrmResult result = await Rrm.RunAsync("bench", "jury", good, weak, "--weights", jury, "--out", joined);

        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement[] rows = [.. File.ReadLines(joined).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(Pairs, rows.Length);
        for (int i = 0; i < Pairs; i++)
        {
            Assert.Equal(1, rows[i].GetProperty("label").GetInt32());
            Assert.Equal(i % 10 != 0 ? 1 : 2, rows[i].GetProperty("preferred").GetInt32());
            Assert.Equal(i % 3 != 0 ? 1 : -1, rows[i].GetProperty("members").GetProperty("weak").GetDouble());
        }
    }

    [Fact]
    public async Task Jury_RowThatNoMemberJudged_HasNoResult()
    {
        string good = await WriteAsync("good", i => i % 10 != 0),
            jury = Path.Combine(_folder, "jury.json"),
            joined = Path.Combine(_folder, "joined.jsonl");
        _ = await Rrm.RunAsync("bench", "jury", good, "--save", jury);
        await File.AppendAllTextAsync(
            good,
            """{"query":"failed","response_1":"a","response_2":"b","error":"No."}""",
            TestContext.Current.CancellationToken
        );

        RrmResult result = await Rrm.RunAsync("bench", "jury", good, "--weights", jury, "--out", joined);

        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        JsonElement last = JsonDocument.Parse(File.ReadLines(joined).Last()).RootElement;
        Assert.Equal(JsonValueKind.Null, last.GetProperty("preferred").ValueKind);
        Assert.Equal("No member of the jury has a verdict.", last.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("go together", "--weights", "jury.json")]
    [InlineData("at least 2", "--folds", "1")]
    [InlineData("no member 'good'", "--weights", "other.json", "--out", "joined.jsonl")]
    public async Task Jury_WhatCannotBeDone_IsRefused(string fault, params string[] args)
    {
        string good = await WriteAsync("good", i => i % 10 != 0);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "other.json"),
            JsonDocument
                .Parse((await Rrm.RunAsync("bench", "jury", good, "--json")).Out)
                .RootElement.GetRawText()
                .Replace("\"good\"", "\"other\"", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );

        RrmResult result = await Rrm.RunAsync([
            "bench",
            "jury",
            good,
            .. args.Select(arg => arg.Contains('.', StringComparison.Ordinal) ? Path.Combine(_folder, arg) : arg),
        ]);

        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(fault, result.Error, StringComparison.Ordinal);
    }

    private async Task<string> WriteAsync(string name, Func<int, bool> isRight, bool swapped = false)
    {
        string path = Path.Combine(_folder, $"{name}.jsonl");
        IEnumerable<string> rows = Enumerable
            .Range(0, Pairs)
            .Select(i =>
            {
                int better = swapped ? 2 : 1,
                    preferred = isRight(i) ? better : 3 - better;
                string judgment = $$$"""
                    {"preferred":{{{preferred}}},"outcome":"{{{(
                        preferred == 1 ? "first" : "second"
                    )}}}","confidence":0.75,"max_votes":1,"ended_by":"all_votes","votes":[{"index":0,"verdict":{{{preferred}}},"order":"given","seed":1}],"usage":{"output_tokens":7},"model":"m"}
                    """;
                return $$$"""{"query":"q {{{i}}}","response_1":"{{{(swapped ? "b" : "a")}}}","response_2":"{{{(swapped ? "a" : "b")}}}","label":{{{better}}},"judgment":{{{judgment}}}}""";
            });
        await File.WriteAllLinesAsync(path, swapped ? rows.Reverse() : rows, TestContext.Current.CancellationToken);
        return path;
    }
}
