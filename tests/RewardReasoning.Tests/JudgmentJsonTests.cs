using System.Text.Encodings.Web;
using System.Text.Json;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests;

/// <summary>The form of docs/judgment-json.md, byte by byte.</summary>
public sealed class JudgmentJsonTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    private static readonly Usage Spent = new()
    {
        PromptTokens = 240,
        CachedTokens = 120,
        ReasoningTokens = 51,
        OutputTokens = 60,
        Elapsed = TimeSpan.FromMilliseconds(1250),
        KeptCompletions = 1,
        KeptPromptTokens = 120,
        KeptOutputTokens = 30,
        Cost = 0.0012m,
        KeptCost = 0.0006m,
    };

    private static readonly Judgment Sample = new()
    {
        Preferred = Verdict.Second,
        Confidence = 0.75,
        CalibratedConfidence = 0.7,
        VoteShare = 1,
        PositionBias = null,
        DrawBrokenBy = DrawBreak.None,
        MaxVotes = 2,
        EndedBy = VotingEnd.AllVotes,
        Votes =
        [
            new()
            {
                Index = 0,
                Verdict = Verdict.Second,
                Order = ShownOrder.Swapped,
                Reasoning = "The first shown is right.",
                Answer = @"\boxed{Assistant 1}",
                Seed = 1234567,
                GeneratedTokens = 30,
                FirstProbability = 0.125,
                Usage = new() { ReasoningTokens = 25, OutputTokens = 30 },
            },
            new()
            {
                Index = 1,
                Verdict = Verdict.Unparsable,
                Order = ShownOrder.Given,
                Forced = true,
                Seed = 7654321,
                Redraws = 2,
                GeneratedTokens = 30,
                MissingReason = "No verdict in 3 draws.",
                Usage = new() { OutputTokens = 30 },
            },
        ],
        Usage = Spent,
        Model = "rrm-7b",
        Warnings = ["1 of 2 votes are missing."],
    };

    [Fact]
    public void Serialize_Judgment_IsAsApproved() => Approve("judgment.json", JsonSerializer.Serialize(Sample, Indented));

    [Fact]
    public void Serialize_MissingJudgment_IsNullAndNeverANumber()
    {
        Judgment missing = new()
        {
            Preferred = null,
            Votes = [],
            Usage = Usage.None,
            Model = "rrm-7b",
            MissingReason = "No vote has a verdict.",
        };
        Approve("judgment-missing.json", JsonSerializer.Serialize(missing, Indented));
    }

    [Fact]
    public void Serialize_Ranking_IsAsApproved()
    {
        Ranking ranking = new()
        {
            Responses =
            [
                new()
                {
                    Index = 1,
                    Rating = 1060.5,
                    Low = 900,
                    High = 1221,
                    Wins = 1,
                    Reward = 0.875,
                },
                new()
                {
                    Index = 0,
                    Rating = 939.5,
                    Low = 779,
                    High = 1100,
                    Losses = 1,
                    Reward = 0.125,
                },
                new()
                {
                    Index = 3,
                    SameAs = 0,
                    Rating = 939.5,
                    Low = 779,
                    High = 1100,
                    Losses = 1,
                    Reward = 0.125,
                },
                new()
                {
                    Index = 2,
                    Rating = 1000,
                    Low = 600,
                    High = 1400,
                    MissingReason = "No match has a winner: refused.",
                },
            ],
            Best = 1,
            Rewards = [0.125, 0.875, null, 0.125],
            Matches =
            [
                new()
                {
                    Round = 0,
                    First = 1,
                    Second = 0,
                    Outcome = MatchOutcome.First,
                    Judgment = Sample with { Preferred = Verdict.First },
                },
                new()
                {
                    Round = 0,
                    First = 2,
                    Second = 1,
                    Outcome = MatchOutcome.Missing,
                    MissingReason = "refused",
                },
            ],
            Usage = Spent,
        };
        Approve("ranking.json", JsonSerializer.Serialize(ranking, Indented));
    }

    [Fact]
    public void Read_WhatWasWritten_IsTheSameJudgment()
    {
        Judgment read = JsonSerializer.Deserialize<Judgment>(JsonSerializer.Serialize(Sample)) ?? throw new JsonException("null");
        Assert.Equal(Sample with { Votes = [], Warnings = [] }, read with { Votes = [], Warnings = [] });
        Assert.Equal(Sample.Votes, read.Votes);
        Assert.Equal(Sample.Warnings, read.Warnings);
    }

    [Fact]
    public void Write_WithoutReasoning_LeavesOutWhatTheJudgeWrote()
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            JudgmentJson.Write(json, Sample, withReasoning: false);
        }

        using JsonDocument written = JsonDocument.Parse(bytes.ToArray());
        Assert.All(
            written.RootElement.GetProperty("votes").EnumerateArray(),
            vote => Assert.False(vote.TryGetProperty("reasoning", out _))
        );
        Assert.Equal(Verdict.Second, JudgmentJson.Read(written.RootElement).Preferred);
    }

    /// <summary>Votes as benchmark runs of version 0.0 hold them.</summary>
    [Fact]
    public void Read_VotesOfOlderRuns_AreUnderstood()
    {
        Vote vote =
            JsonSerializer.Deserialize<Vote>(
                """
                {"index":3,"verdict":"second","order":"swapped","reasoning":"r","answer":"a","forced":false,"seed":5,"redraws":1,
                 "generated_tokens":17,"first_probability":0.25,"usage":{"prompt_tokens":9,"reasoning_tokens":11,"output_tokens":17,
                 "elapsed":"00:00:02.5000000","kept_completions":0,"kept_prompt_tokens":0,"kept_output_tokens":0}}
                """
            ) ?? throw new JsonException("null");
        Assert.Equal(
            (3, Verdict.Second, ShownOrder.Swapped, 17, 0.25),
            (vote.Index, vote.Verdict, vote.Order, vote.GeneratedTokens, vote.FirstProbability)
        );
        Assert.Equal((9L, 11L, TimeSpan.FromSeconds(2.5)), (vote.Usage.PromptTokens, vote.Usage.ReasoningTokens, vote.Usage.Elapsed));
        Assert.Equal(
            (Verdict.Unparsable, "cut"),
            (
                JsonSerializer.Deserialize<Vote>("""{"verdict":"unparsable","order":"given","missing_reason":"cut"}""") is { } missing
                    ? (missing.Verdict, missing.MissingReason)
                    : default
            )
        );
    }

    [Theory]
    [InlineData("[]", "a judgment is an object")]
    [InlineData("""{"preferred": 3}""", "'preferred' is 3; it is 1, 2 or null.")]
    [InlineData("""{"confidence": "high"}""", "'confidence' is \"high\"; it is a number or null.")]
    [InlineData("""{"votes": [{"verdict": 1}]}""", "'order' is missing")]
    public void Read_NotAJudgment_SaysWhy(string json, string message)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Contains(
            message,
            Assert.Throws<JsonException>(() => JudgmentJson.Read(document.RootElement)).Message,
            StringComparison.Ordinal
        );
    }

    private static void Approve(string name, string json)
    {
        string path = Path.Combine(SharedFolder.RepositoryRoot, "tests", "RewardReasoning.Tests", "Approved", name);
        Assert.Equal(File.ReadAllText(path).TrimEnd(), json);
    }
}
