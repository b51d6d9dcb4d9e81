using System.Diagnostics;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>Servers of which a part of the connections fall silent and stay open.</summary>
public sealed class SilentServerTests
{
    private const int Answers = 300;

    private static readonly Comparison Sum = new("2+2?", "four", "five");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<(Judgment Judgment, double Seconds)> VoteAsync(params FakeOpenAIServer[] servers)
    {
        using EndpointChatClient client = new(
            new()
            {
                Url = servers[0].Url,
                MoreUrls = [.. servers.Skip(1).Select(server => server.Url)],
                Model = "m",
            }
        );
        ReasoningJudge judge = new(client, new() { Votes = Answers, Order = VoteOrder.Given });
        Stopwatch watch = Stopwatch.StartNew();
        return (await judge.JudgeAsync(Sum, Cancel), watch.Elapsed.TotalSeconds);
    }

    private static Func<FakeRequest, FakeReply> Script(Func<int, FakeReply, FakeReply>? change = null) =>
        request =>
        {
            FakeReply reply = FakeReply.Completion(@"\boxed{Assistant 1}", "I look.") with { After = Task.Delay(20, Cancel) };
            return change is null ? reply : change(request.Index, reply);
        };

    /// <summary>Of a hundred, seven never answer, either before their first byte or in the middle.</summary>
    private static FakeReply SilentSevenInAHundred(int index, FakeReply reply) =>
        (index * 37 % 100) switch
        {
            < 4 => reply with { Hangs = true },
            < 7 => reply with { HangsAfterPieces = 2 },
            _ => reply,
        };

    [Fact]
    public async Task JudgeAsync_PartOfTheConnectionsHang_EndsWithinThreeTimesTheHealthyTimeAndCountsOnce()
    {
        await using FakeOpenAIServer healthy = await FakeOpenAIServer.StartAsync(Script());
        await using FakeOpenAIServer silent = await FakeOpenAIServer.StartAsync(Script(SilentSevenInAHundred));
        (_, double usual) = await VoteAsync(healthy);
        (Judgment judgment, double hindered) = await VoteAsync(silent);
        Assert.Equal(Answers, judgment.Votes.Count);
        Assert.All(judgment.Votes, vote => Assert.Null(vote.MissingReason));
        Assert.Equal((10 * Answers, 5 * Answers), (judgment.Usage.PromptTokens, judgment.Usage.OutputTokens));
        Assert.InRange(silent.Requests.Count, Answers + 1, Answers * 13 / 10);
        Assert.InRange(hindered, 0, (3 * usual) + 2); // the start and the end of so short a run have their own silence
    }

    [Fact]
    public async Task JudgeAsync_HealthyServer_AsksNobodyTwice()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Script());
        await VoteAsync(server);
        Assert.InRange(server.Requests.Count, Answers, Answers + 3);
    }

    [Fact]
    public async Task JudgeAsync_SilentTriesAtOneServer_AreHedgedAtTheOther()
    {
        await using FakeOpenAIServer silent = await FakeOpenAIServer.StartAsync(
            Script((index, reply) => index > 20 && index % 10 == 0 ? reply with { Hangs = true } : reply)
        );
        await using FakeOpenAIServer well = await FakeOpenAIServer.StartAsync(Script());
        (Judgment judgment, _) = await VoteAsync(silent, well);
        Assert.All(judgment.Votes, vote => Assert.Null(vote.MissingReason));
        Assert.True(well.Requests.Count > silent.Requests.Count);
    }

    [Fact]
    public void Limit_FewAnswers_IsUnknown()
    {
        SilenceStatistics silences = new(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 19; i++)
        {
            silences.Add(0.01, 100);
        }

        Assert.Null(silences.Limit(100));
    }

    [Theory]
    [InlineData(0.01, 100, 1)] // the floor
    [InlineData(2, 100, 10)] // five times the 99th percentile
    [InlineData(2, 300, 30)] // a prompt three times as long may take three times as long
    public void Limit_ManyAnswers_IsAMultipleOfTheirSilence(double silence, int bytes, double limit)
    {
        SilenceStatistics silences = new(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 64; i++)
        {
            silences.Add(silence, 100);
        }

        Assert.Equal(limit, silences.Limit(bytes)?.TotalSeconds ?? 0, 6);
    }

    [Fact]
    public void TryTake_ServerSlowsDownAsAWhole_IsRationed()
    {
        SilenceStatistics silences = new(TimeSpan.FromSeconds(1));
        int taken = 0;
        while (silences.TryTake())
        {
            taken++;
        }

        Assert.Equal(8, taken);
        for (int i = 0; i < 8; i++)
        {
            silences.Add(0.01, 100);
        }

        Assert.True(silences.TryTake() && silences.TryTake() && !silences.TryTake());
    }
}
