using System.Text;
using RewardReasoning.Data.Inspection;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Data.Tests.Inspection;

public sealed class FileInspectorTests
{
    [Fact]
    public async Task InspectAsync_Pairs_CountsFieldsAndLabels()
    {
        FileInspection file = await InspectAsync(
            """{"id":1,"query":"abc","response_1":"x","response_2":"yy","label":1,"tags":[1,2]}""",
            """{"id":"b","query":"a","response_1":"x","response_2":"yyyy","label":2,"tags":[]}""",
            """{"query":"ab","response_1":"x","response_2":"y","label":null,"tags":null}"""
        );
        Assert.Equal((RowKind.Pair, 3, "json_lines", "none"), (file.TakenFor, file.Rows, file.Format, file.Compression));
        Assert.Equal(new LabelCount(1, 1, 1), file.Labels);
        Assert.Equal(["id", "query", "response_1", "response_2", "label", "tags"], file.Fields.Select(field => field.Name));
        Assert.Equal((2, "integer or string"), (file.Fields[0].Rows, string.Join(" or ", file.Fields[0].Types)));
        Assert.Equal((1, 2.0, 3), (file.Fields[1].Shortest, file.Fields[1].MeanLength, file.Fields[1].Longest));
        Assert.Equal((0, 1.0, 2), (file.Fields[5].Shortest, file.Fields[5].MeanLength, file.Fields[5].Longest));
        Assert.Empty(file.Oddities);
    }

    [Theory]
    [InlineData("both responses are the same", """{"query":"q","response_1":"a","response_2":"a"}""")]
    [InlineData("a response is empty", """{"query":"q","response_1":"a","response_2":""}""")]
    [InlineData("the query is empty", """{"query":"","response_1":"a","response_2":"b"}""")]
    [InlineData("came before", """{"query":"one","response_1":"two","response_2":"three"}""")]
    [InlineData("no 'response_2'", """{"query":"q","response_1":"a"}""")]
    [InlineData("cannot be read", "oops")]
    [InlineData("several kinds", """{"messages":[{"role":"user","content":"Hi"}]}""")]
    [InlineData("some responses are the same", """{"query":"q","responses":["a","b","a"]}""")]
    public async Task InspectAsync_WhatStandsOut_IsToldWithItsPlace(string what, string row)
    {
        FileInspection file = await InspectAsync("""{"query":"one","response_1":"three","response_2":"two"}""", row);
        Oddity oddity = Assert.Single(file.Oddities, oddity => oddity.What.Contains(what, StringComparison.Ordinal));
        Assert.StartsWith("x.jsonl", oddity.FirstPlace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InspectAsync_BetterResponseAlwaysFirst_IsToldUnlessTheFieldsSaySo()
    {
        FileInspection habit = await InspectAsync([
            .. Enumerable.Range(0, 3).Select(i => $$"""{"query":"{{i}}","response_1":"a","response_2":"b","label":1}"""),
        ]);
        Assert.Contains(habit.Oddities, oddity => oddity.What.Contains("better response first", StringComparison.Ordinal));
        FileInspection named = await InspectAsync([
            .. Enumerable.Range(0, 3).Select(i => $$"""{"query":"{{i}}","chosen":"a","rejected":"b"}"""),
        ]);
        Assert.Empty(named.Oddities);
    }

    /// <summary>Those of these sets that are here: the repository has some, a folder beside the checkout may have all.</summary>
    public static TheoryData<string, RowKind> PublicSets => new(AllPublicSets.Where(set => IsHere(set.Data.Item1)));

    private static TheoryData<string, RowKind> AllPublicSets =>
        new()
        {
            { "arena-hard/answers-v0.1.jsonl.gz", RowKind.ModelAnswer },
            { "arena-hard/battles.jsonl", RowKind.Match },
            { "arena-hard/question-v0.1.jsonl", RowKind.Query },
            { "arena-hard/question-v2.0.jsonl", RowKind.Query },
            { "arena-hard/single-scores.jsonl.gz", RowKind.Unknown },
            { "autoj-pairwise/testdata_pairwise.jsonl.gz", RowKind.Pair },
            { "bbh/bbh.jsonl.gz", RowKind.Question },
            { "dpo-demo/dpo_en_demo.json.gz", RowKind.Pair },
            { "evalbiasbench/biasbench.jsonl", RowKind.Pair },
            { "gsm8k/calc-train.jsonl", RowKind.Question },
            { "gsm8k/train.jsonl.gz", RowKind.Question },
            { "hh-rlhf/harmless-base-test.jsonl.gz", RowKind.Pair },
            { "hhh-alignment/*.jsonl", RowKind.Pair },
            { "judgebench/claude-3-5-sonnet-20240620.jsonl", RowKind.Pair },
            { "judgebench/gpt-4o-2024-05-13.jsonl.gz", RowKind.Pair },
            { "judgebench/judge-outputs.jsonl.gz", RowKind.Unknown },
            { "judgebench/reward-model-scores.jsonl", RowKind.Unknown },
            { "llmbar/**/dataset.json", RowKind.Pair },
            { "llmbar/judgments.jsonl.gz", RowKind.Unknown },
            { "math/best-of-8.jsonl", RowKind.Candidates },
            { "math/math500.jsonl", RowKind.Question },
            { "math/train.jsonl.gz", RowKind.Question },
            { "math-qa/*.jsonl", RowKind.Question },
            { "math-verifier/cases.jsonl", RowKind.AnswerCheck },
            { "mmlu-pro/outputs-*.jsonl.gz", RowKind.ModelAnswer },
            { "mmlu-pro/questions.jsonl.gz", RowKind.Question },
            { "mt-bench/judge_prompts.jsonl", RowKind.Unknown },
            { "mt-bench/question.jsonl", RowKind.Query },
            { "mt-bench/reference-gpt-4.jsonl", RowKind.ModelAnswer },
            { "mt-bench/vicuna-question.jsonl", RowKind.Query },
            { "pandalm/gpt-3.5-turbo-testset-v1.json", RowKind.Unknown },
            { "pandalm/pandalm-7b-testset-v1.json", RowKind.Unknown },
            { "pandalm/testset-inference-v1.json", RowKind.Query },
            { "pandalm/testset-v1.json", RowKind.Pair },
            { "reference-scores/*.json*", RowKind.Unknown },
            { "rm-bench/*.json*", RowKind.ChosenLists },
        };

    [Theory]
    [MemberData(nameof(PublicSets))]
    public async Task InspectAsync_PublicSets_AreRecognisedWhole(string pattern, RowKind kind)
    {
        string folder = Fixtures.Data("", out _);
        foreach (string path in RowFiles.Find($"{folder}/{pattern}"))
        {
            FileInspection file = await FileInspector.InspectAsync(path, TestContext.Current.CancellationToken);
            Assert.Null(file.Refused);
            Assert.Equal([kind], file.Kinds.Select(found => found.Kind));
            if (kind == RowKind.Unknown)
            {
                Assert.Equal(
                    file.Rows,
                    file.Oddities.Where(oddity => oddity.What.Contains("its fields are", StringComparison.Ordinal))
                        .Sum(oddity => oddity.Rows)
                );
            }
            else
            {
                Assert.DoesNotContain(file.Oddities, oddity => oddity.What.StartsWith("cannot be read", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task InspectAsync_PublicSets_EveryFileIsRecognisedOrRefused()
    {
        string folder = Fixtures.Data("", out _);
        HashSet<string> covered = [.. PublicSets.SelectMany(set => RowFiles.Find($"{folder}/{set.Data.Item1}"))];
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => !covered.Contains(path)))
        {
            FileInspection file = await FileInspector.InspectAsync(path, TestContext.Current.CancellationToken);
            Assert.True(Path.GetExtension(path) is ".csv" or ".md", $"{path} stands in no row of the table.");
            Assert.Equal(path.EndsWith(".md", StringComparison.Ordinal), file.Refused is not null);
            Assert.Equal(file.Refused is null, file.Rows > 0);
        }
    }

    private static bool IsHere(string pattern)
    {
        try
        {
            return RowFiles.Find($"{Fixtures.Data("", out _)}/{pattern}").Count > 0;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private static async Task<FileInspection> InspectAsync(params string[] lines)
    {
        RowFile file = await RowFile.OpenAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines))),
            "x.jsonl",
            TestContext.Current.CancellationToken
        );
        await using (file)
        {
            return await FileInspector.InspectAsync(file, TestContext.Current.CancellationToken);
        }
    }
}
