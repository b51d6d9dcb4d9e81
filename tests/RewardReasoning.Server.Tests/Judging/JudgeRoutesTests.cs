using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Judging;

/// <summary><c>/v1/judge</c> and <c>/v1/rank</c> over the wire, with a scripted client behind them.</summary>
public sealed class JudgeRoutesTests
{
    private const string Pair = """{"query": "q", "response_1": "long one", "response_2": "short"}""";
    private const string Candidates = """{"query": "q", "responses": ["a", "b", "c"]}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A judge that takes whatever comes first, with a thought.</summary>
    private static ScriptedChatClient First =>
        ScriptedChatClient.Of(new ScriptedReply { Reasoning = "the <b>first</b>", Text = @"\boxed{Assistant 1}" });

    [Theory]
    [InlineData("""{"query": "q", "response_1": "a", "response_2": "b"}""")]
    [InlineData("""{"query": [{"role": "user", "content": "q"}], "responses": ["a", "b"]}""")]
    [InlineData("""{"prompt": "q", "chosen": "a", "rejected": "b"}""")]
    public async Task Judge_AnyRowThatIsAPair_GivesTheJudgmentOfTheLibrary(string body)
    {
        using OpenedJudge direct = JudgeFactory.Open(First, new JudgeOptions { Votes = 3 });
        Judgment expected = await direct.JudgeAsync(new Comparison("q", "a", "b"), Cancellation);
        await using ServedJudge served = await ServedJudge.StartAsync(First, judging: new JudgeOptions { Votes = 3 });

        JudgeAnswer answer = await served.PostAsync("/v1/judge", body);

        Assert.Equal((200, "application/json"), (answer.Status, answer.MediaType));
        Judgment judgment = JsonSerializer.Deserialize<Judgment>(answer.Body) ?? throw new JsonException();
        Assert.Equal(expected.Preferred, judgment.Preferred);
        Assert.Equal(
            expected.Votes.Select(vote => (vote.Verdict, vote.Seed, vote.Order, vote.Reasoning)),
            judgment.Votes.Select(vote => (vote.Verdict, vote.Seed, vote.Order, vote.Reasoning))
        );
        Assert.DoesNotContain("<b>", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_WithoutReasoning_LeavesItOut()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        JudgeAnswer answer = await served.PostAsync(
            "/v1/judge",
            """{"query": "q", "response_1": "a", "response_2": "b", "reasoning": false}"""
        );
        Assert.False(answer.Json.GetProperty("votes")[0].TryGetProperty("reasoning", out _));
    }

    [Fact]
    public async Task Judge_NoVoteReadable_IsAMissingJudgmentAndNotAnError()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(ScriptedChatClient.Of("I cannot say."));
        JudgeAnswer answer = await served.PostAsync("/v1/judge", Pair);
        Assert.Equal((200, JsonValueKind.Null), (answer.Status, answer.Json.GetProperty("preferred").ValueKind));
        Assert.NotEqual("", answer.Json.GetProperty("missing").GetString());
    }

    [Fact]
    public async Task Judge_Streamed_TellsDrawsReasoningVotesAndThenTheJudgment()
    {
        JudgeOptions judging = new() { Votes = 2, Order = VoteOrder.Given };
        await using ServedJudge served = await ServedJudge.StartAsync(First, judging: judging);
        JudgeAnswer answer = await served.PostAsync(
            "/v1/judge",
            """{"query": "q", "response_1": "a", "response_2": "b", "stream": true}"""
        );
        JudgeAnswer whole = await served.PostAsync("/v1/judge", """{"query": "q", "response_1": "a", "response_2": "b"}""");

        Assert.Equal((200, "text/event-stream"), (answer.Status, answer.MediaType));
        Assert.Equal(2, answer.Events.Count(happened => happened.Name == "draw"));
        Assert.Equal(2, answer.Events.Count(happened => happened.Name == "vote"));
        Assert.Equal(
            "the <b>first</b>",
            string.Concat(
                answer
                    .Events.Where(happened => happened.Name == "reasoning" && happened.Data.GetProperty("vote").GetInt32() == 1)
                    .Select(happened => happened.Data.GetProperty("text").GetString())
            )
        );
        Assert.Equal("judgment", answer.Events[^1].Name);
        Assert.Equal(whole.Json.GetProperty("votes").GetRawText(), answer.Events[^1].Data.GetProperty("votes").GetRawText());
    }

    [Fact]
    public async Task Rank_GivesTheRankingOfTheLibrary()
    {
        using ScriptedChatClient client = new(PrefersEarlierLetters);
        using OpenedJudge direct = JudgeFactory.Open(new ScriptedChatClient(PrefersEarlierLetters));
        Ranking expected = await new Ranker(direct.Judge).RankAsync("q", ["a", "b", "c"], cancellationToken: Cancellation);
        await using ServedJudge served = await ServedJudge.StartAsync(client);

        JudgeAnswer answer = await served.PostAsync("/v1/rank", Candidates);

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            expected.Responses.Select(response => (response.Index, response.Reward)),
            answer
                .Json.GetProperty("ranking")
                .EnumerateArray()
                .Select(response => (response.GetProperty("index").GetInt32(), (double?)response.GetProperty("reward").GetDouble()))
        );
        Assert.Equal(0, answer.Json.GetProperty("best").GetInt32());
    }

    [Fact]
    public async Task Rank_Streamed_TellsEachMatchAndThenTheRanking()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(new ScriptedChatClient(PrefersEarlierLetters));
        JudgeAnswer answer = await served.PostAsync("/v1/rank", """{"query": "q", "responses": ["a", "b", "c"], "stream": true}""");
        Assert.Equal(["match", "match", "match", "ranking"], answer.Events.Select(happened => happened.Name));
        Assert.Equal([1, 2, 3], answer.Events[..3].Select(happened => happened.Data.GetProperty("played").GetInt32()));
        Assert.Equal(0, answer.Events[^1].Data.GetProperty("best").GetInt32());
    }

    [Theory]
    [InlineData("/v1/judge", "{", 400, "invalid_json")]
    [InlineData("/v1/judge", "[]", 400, "invalid_json")]
    [InlineData("/v1/judge", """{"query": "q"}""", 400, "invalid_row")]
    [InlineData("/v1/judge", """{"a": 1}""", 400, "invalid_row")]
    [InlineData("/v1/judge", Candidates, 400, "invalid_row")]
    [InlineData("/v1/judge", """{"query": "q", "response_1": "a\ud800", "response_2": "b"}""", 400, "invalid_row")]
    [InlineData("/v1/judge", """{"query": "q", "query": "p", "response_1": "a", "response_2": "b"}""", 400, "invalid_json")]
    [InlineData("/v1/rank", """{"query": "q", "responses": ["a"]}""", 400, "invalid_row")]
    [InlineData("/v1/rank", """{"query": "q", "responses": [["a"], {}]}""", 400, "invalid_row")]
    public async Task Request_ThatHoldsNothingToJudge_IsAProblemAndAsksNobody(string path, string body, int status, string code)
    {
        using ScriptedChatClient client = First;
        await using ServedJudge served = await ServedJudge.StartAsync(client);
        JudgeAnswer answer = await served.PostAsync(path, body);
        Assert.Equal((status, "application/problem+json"), (answer.Status, answer.MediaType));
        Assert.Equal((code, status), (answer.Json.GetProperty("code").GetString(), answer.Json.GetProperty("status").GetInt32()));
        Assert.Equal(path, answer.Json.GetProperty("instance").GetString());
        Assert.Empty(client.Requests);
    }

    [Theory]
    [InlineData("stream", "1")]
    [InlineData("reasoning", "\"no\"")]
    [InlineData("deadline_s", "0")]
    [InlineData("deadline_s", "\"soon\"")]
    public async Task Request_FieldOfAWrongType_IsNamed(string field, string value)
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        JudgeAnswer answer = await served.PostAsync("/v1/judge", $$"""{{Pair[..^1]}}, "{{field}}": {{value}}}""");
        Assert.Equal((400, field), (answer.Status, answer.Json.GetProperty("field").GetString()));
    }

    [Fact]
    public async Task Rank_MoreResponsesThanTheServerTakes_IsRefused()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First, options => options with { MaxResponses = 2 });
        JudgeAnswer answer = await served.PostAsync("/v1/rank", Candidates);
        Assert.Equal((400, "responses"), (answer.Status, answer.Json.GetProperty("field").GetString()));
    }

    [Fact]
    public async Task Judge_OutsideOfTheDomain_IsTheClientsToKnow()
    {
        JudgeDomain domain = new("[0-9]+", ".*", "Only numbers are judged here.");
        await using ServedJudge served = await ServedJudge.StartAsync(First, judging: new JudgeOptions { Domain = domain });
        JudgeAnswer answer = await served.PostAsync("/v1/judge", Pair);
        Assert.Equal((422, "out_of_domain"), (answer.Status, answer.Json.GetProperty("code").GetString()));
        Assert.Contains("Only numbers", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_ModelFails_IsAProblemWithoutWhatItSaid()
    {
        List<string> told = [];
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Fault = new InvalidOperationException("a secret") });
        await using ServedJudge served = await ServedJudge.StartAsync(client, options => options with { OnFailure = told.Add });
        JudgeAnswer answer = await served.PostAsync("/v1/judge", Pair);
        Assert.Equal((500, "internal_error"), (answer.Status, answer.Json.GetProperty("code").GetString()));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        Assert.Equal(["POST /v1/judge: 500 after InvalidOperationException"], told);
    }

    [Theory]
    [InlineData("/v1/judge", Pair)]
    [InlineData("/v1/rank", Candidates)]
    public async Task Deadline_Passed_Is504AndEndsTheJudging(string path, string body)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Hangs = true });
        await using ServedJudge served = await ServedJudge.StartAsync(client);
        JudgeAnswer answer = await served.PostAsync(path, $$"""{{body[..^1]}}, "deadline_s": 0.05}""");
        Assert.Equal((504, "deadline_passed"), (answer.Status, answer.Json.GetProperty("code").GetString()));
        await UntilAsync(() => client.InFlight == 0);
    }

    [Fact]
    public async Task Deadline_OfTheServer_HoldsWhereTheRequestAsksForMore()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Hangs = true });
        await using ServedJudge served = await ServedJudge.StartAsync(
            client,
            options => options with { Deadline = TimeSpan.FromMilliseconds(50) }
        );
        Assert.Equal(504, (await served.PostAsync("/v1/judge", $$"""{{Pair[..^1]}}, "deadline_s": 1000}""")).Status);
    }

    [Theory]
    [InlineData("/v1/judge", Pair)]
    [InlineData("/v1/judge", """{"query": "q", "response_1": "a", "response_2": "b", "stream": true}""")]
    [InlineData("/v1/rank", Candidates)]
    [InlineData("/v1/rank", """{"query": "q", "responses": ["a", "b", "c"], "stream": true}""")]
    public async Task Client_HangsUp_EndsItsJudging(string path, string body)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Hangs = true });
        await using ServedJudge served = await ServedJudge.StartAsync(client);
        using (TcpClient socket = new())
        {
            await socket.ConnectAsync(served.Server.Url.Host, served.Server.Url.Port, Cancellation);
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            byte[] head = Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\n\r\n"
            );
            await socket.GetStream().WriteAsync((byte[])[.. head, .. bytes], Cancellation);
            await UntilAsync(() => client.InFlight > 0);
        }

        await UntilAsync(() => client.InFlight == 0);
    }

    [Fact]
    public async Task Requests_BeyondTheLimit_AreSentAwayAndTakenInAgain()
    {
        TaskCompletionSource free = new();
        using GatedJudgeClient client = new(free.Task);
        await using ServedJudge served = await ServedJudge.StartAsync(client, options => options with { MaxRequests = 1 });
        Task<JudgeAnswer> first = served.PostAsync("/v1/judge", Pair);
        await client.Asked.WaitAsync(Cancellation);
        JudgeAnswer second = await served.PostAsync("/v1/judge", Pair);
        free.SetResult();
        Assert.Equal((429, "queue_full"), (second.Status, second.Json.GetProperty("code").GetString()));
        Assert.Equal(TimeSpan.FromSeconds(1), second.Headers.RetryAfter?.Delta);
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await served.PostAsync("/v1/judge", Pair)).Status);
    }

    [Fact]
    public async Task Judge_WithoutAChatModel_HasNoOpenAIInterface()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        Assert.Equal(404, (await served.PostAsync("/v1/chat/completions", "{}")).Status);
    }

    private static ScriptedReply PrefersEarlierLetters(ScriptedRequest request)
    {
        string[] shown = [.. request.UserText.Split('\n').Where(line => line is "a" or "b" or "c")];
        return string.CompareOrdinal(shown[0], shown[1]) < 0 ? @"\boxed{Assistant 1}" : @"\boxed{Assistant 2}";
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, Cancellation);
        }
    }
}
