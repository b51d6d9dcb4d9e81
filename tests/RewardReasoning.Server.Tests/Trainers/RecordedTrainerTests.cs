using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Endpoints;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Server.Tests.Rewards;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Trainers;

/// <summary>Requests that real trainers sent (tests/Fixtures/trainers), over real sockets, with the answers that each takes well.</summary>
public sealed class RecordedTrainerTests : IAsyncDisposable
{
    private readonly JudgeOfAnswers _judge = new("55");
    private RewardHost? _host;

    private RewardHost Host => _host ?? throw new InvalidOperationException("Start the host first.");

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    [Fact]
    public async Task OpenRlhf_GroupOfFourSeparateRequests_EachGetsListsOfOneNumber()
    {
        await StartAsync();
        JsonNode[] bodies = [.. Recorded("openrlhf/group_ok")["requests"]!.AsArray().Select(request => request!["body"]!)];
        RewardReply[] replies = await Task.WhenAll(bodies.Select(body => Host.PostAsync("/get_reward?size=4", body)));

        double[] rewards = [.. replies.Select(reply => Single(reply.Json.GetProperty("rewards")))];
        Assert.All(replies, reply => Assert.Equal((200, "application/json"), (reply.Status, reply.MediaType)));
        Assert.All(rewards, reward => Assert.InRange(reward, 0.001, 0.999));
        Assert.Equal(rewards, replies.Select(reply => Single(reply.Json.GetProperty("scores"))));
        Assert.All(replies, reply => Assert.InRange(Single(reply.Json.GetProperty("extra_logs").GetProperty("rank")), 1, 4));
        Assert.True(rewards[0] > rewards[1] && rewards[2] > rewards[3]);
        Assert.All(_judge.Queries, query => Assert.Equal("What is 12*4+7?", query));
    }

    [Fact]
    public async Task OpenRlhf_Batch_HasAsManyNumbersAsQueries()
    {
        await StartAsync();
        RewardReply reply = await Host.PostAsync("/get_reward?size=3", Recorded("openrlhf/batch")["request"]!["body"]);
        Assert.Equal(3, reply.Json.GetProperty("rewards").GetArrayLength());
        Assert.Equal(3, reply.Json.GetProperty("extra_logs").GetProperty("rank").GetArrayLength());
    }

    [Fact]
    public async Task OpenRlhf_ChatMarkers_TheJudgeReadsQueryAndResponseWithoutThem()
    {
        await StartAsync();
        JsonNode marked = Recorded("openrlhf/chat_markers")["request"]!["body"]!;
        JsonNode other = JsonNode.Parse(marked.ToJsonString().Replace("12*4 is 48, so 55.", "It is 54.", StringComparison.Ordinal))!;
        RewardReply[] replies = await Task.WhenAll(
            Host.PostAsync("/get_reward?size=2", marked),
            Host.PostAsync("/get_reward?size=2", other)
        );
        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        Assert.Equal(["What is 12*4+7?"], _judge.Queries.Distinct());
        Assert.Equal(["12*4 is 48, so 55.", "It is 54."], _judge.Responses.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task OpenRlhf_PromptCutOnTheLeft_TheResponseIsFound()
    {
        await StartAsync();
        JsonNode cut = Case("openrlhf/variants", "prompt_cut_on_the_left")["request"]!["body"]!;
        JsonObject whole = new()
        {
            ["query"] = new JsonArray(cut["prompts"]![0]!.GetValue<string>() + "54"),
            ["prompts"] = cut["prompts"]!.DeepClone(),
            ["labels"] = new JsonArray("55"),
        };
        RewardReply[] replies = await Task.WhenAll(Host.PostAsync("/get_reward?size=2", cut), Host.PostAsync("/get_reward?size=2", whole));
        Assert.True(Single(replies[0].Json.GetProperty("rewards")) > Single(replies[1].Json.GetProperty("rewards")));
        Assert.Equal(["54", "55"], _judge.Responses.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task OpenRlhf_FailedJudge_IsAnErrorThatTheTrainerTriesAgain_AndNeverANumber()
    {
        _judge.Fails = true;
        await StartAsync();
        JsonNode body = Recorded("openrlhf/503_retry_after")["request"]!["body"]!;
        JsonNode other = JsonNode.Parse(body.ToJsonString().Replace("so 55", "so 54", StringComparison.Ordinal))!;
        RewardReply[] replies = await Task.WhenAll(Host.PostAsync("/get_reward?size=2", body), Host.PostAsync("/get_reward?size=2", other));
        Assert.All(replies, reply => Assert.Equal((503, "transport"), (reply.Status, reply.Json.GetProperty("code").GetString())));

        // The judge is back when both are tried again: a group begins anew.
        _judge.Fails = false;
        replies = await Task.WhenAll(Host.PostAsync("/get_reward?size=2", body), Host.PostAsync("/get_reward?size=2", other));
        Assert.True(Single(replies[0].Json.GetProperty("rewards")) > Single(replies[1].Json.GetProperty("rewards")));
    }

    [Fact]
    public async Task OpenRlhf_WithDynamicFiltering_AFailureIsNaN()
    {
        _judge.Fails = true;
        await StartAsync();
        JsonNode body = Recorded("openrlhf/filter_nan")["request"]!["body"]!;
        JsonNode other = JsonNode.Parse(body.ToJsonString().Replace("so 55", "so 54", StringComparison.Ordinal))!;
        RewardReply[] replies = await Task.WhenAll(
            Host.PostAsync("/get_reward?size=2&on_failure=nan", body),
            Host.PostAsync("/get_reward?size=2&on_failure=nan", other)
        );
        Assert.All(
            replies,
            reply => Assert.Equal((200, """{"rewards":[NaN],"scores":[NaN],"extra_logs":{"rank":[NaN]}}"""), (reply.Status, reply.Body))
        );
    }

    [Fact]
    public async Task OpenRlhf_SizeThatNobodySays_IsRefusedWithTheRemedy()
    {
        await StartAsync();
        RewardReply reply = await Host.PostAsync("/get_reward", Recorded("openrlhf/one_ok")["request"]!["body"]);
        Assert.Equal(400, reply.Status);
        Assert.Contains("?size=8", reply.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slime_GroupOfFour_EachGetsABareNumber()
    {
        await StartAsync();
        JsonNode[] bodies = [.. Recorded("slime/group_rm")["requests"]!.AsArray().Select(request => request!["body"]!)];
        RewardReply[] replies = await Task.WhenAll(bodies.Select(body => Host.PostAsync("/remote_rm?size=4", body)));
        Assert.All(replies, reply => Assert.Equal((200, JsonValueKind.Number), (reply.Status, reply.Json.ValueKind)));
        Assert.True(replies[0].Json.GetDouble() > replies[1].Json.GetDouble());
    }

    [Fact]
    public async Task Slime_PromptAsMessages_IsTheSameGroupAsItsText()
    {
        await StartAsync();
        JsonNode messages = Case("slime/variants", "messages_prompt")["request"]!["body"]!;
        JsonObject text = new()
        {
            ["prompt"] = "What is 12*4+7?",
            ["response"] = "It is 54.",
            ["label"] = "55",
        };
        RewardReply[] replies = await Task.WhenAll(
            Host.PostAsync("/remote_rm?size=2", messages),
            Host.PostAsync("/remote_rm?size=2", text)
        );
        Assert.True(replies[0].Json.GetDouble() > replies[1].Json.GetDouble());
    }

    [Fact]
    public async Task Slime_FailedJudge_IsAnErrorAndNeverNull()
    {
        _judge.Fails = true;
        await StartAsync();
        JsonNode body = Recorded("slime/one_ok")["request"]!["body"]!;
        JsonNode other = JsonNode.Parse(body.ToJsonString().Replace("so 55", "so 54", StringComparison.Ordinal))!;
        RewardReply[] replies = await Task.WhenAll(Host.PostAsync("/remote_rm?size=2", body), Host.PostAsync("/remote_rm?size=2", other));
        Assert.All(replies, reply => Assert.Equal(503, reply.Status));
    }

    [Fact]
    public async Task NemoGym_Verify_EchoesTheRowWithItsReward()
    {
        await StartAsync();
        JsonNode recorded = Recorded("nemo_gym/ok");
        Assert.Equal("{}", (await Host.PostAsync("/seed_session", recorded["before"]!["body"])).Body);
        JsonNode body = recorded["request"]!["body"]!;
        RewardReply[] replies = await Task.WhenAll(
            Host.PostAsync("/verify?size=3", body),
            Host.PostAsync("/ng-rollout/3-1/verify?size=3", Row(body, 1, "It is 54.")),
            Host.PostAsync("/verify?size=3", Row(body, 0, "56 I think"))
        );
        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        Assert.True(replies[0].Reward > replies[1].Reward);
        Assert.Equal(1, replies[0].Json.GetProperty("rank").GetInt32());
        foreach (KeyValuePair<string, JsonNode?> field in body.AsObject())
        {
            JsonNode echoed = JsonNode.Parse(replies[0].Json.GetProperty(field.Key).GetRawText()) ?? JsonValue.Create("null");
            Assert.True(JsonNode.DeepEquals(field.Value, echoed) || field.Value is null, field.Key);
        }

        Assert.False(replies[0].Json.TryGetProperty("mask_sample", out _));
    }

    [Fact]
    public async Task NemoGym_TaskNumbersOfTheNextStep_AreAnotherGroup()
    {
        await StartAsync();
        JsonNode body = Recorded("nemo_gym/ok")["request"]!["body"]!;
        for (int step = 0; step < 2; step++)
        {
            RewardReply[] replies = await Task.WhenAll(
                Host.PostAsync("/verify?size=2", Row(body, 0, $"step {step} 54")),
                Host.PostAsync("/verify?size=2", Row(body, 1, $"step {step} 55"))
            );
            Assert.True(replies[1].Reward > replies[0].Reward);
        }
    }

    [Fact]
    public async Task NemoGym_FailedJudge_IsTheMeanWithTheMaskThatItsTrainerLooksFor()
    {
        _judge.Fails = true;
        await StartAsync();
        JsonNode body = Recorded("nemo_gym/failure_class")["request"]!["body"]!;
        body["instance_config"] = new JsonObject { ["kept"] = 1 };
        RewardReply[] replies = await Task.WhenAll(
            Host.PostAsync("/verify?size=2", Row(body, 0, "It is 55.")),
            Host.PostAsync("/verify?size=2", Row(body, 1, "It is 54."))
        );
        foreach (RewardReply reply in replies)
        {
            Assert.Equal((200, 0.5), (reply.Status, reply.Reward));
            JsonElement config = reply.Json.GetProperty("instance_config");
            Assert.Equal((true, 1), (config.GetProperty("mask_sample").GetBoolean(), config.GetProperty("kept").GetInt32()));
            Assert.Equal("judge_failed", reply.Json.GetProperty("_ng_failure_class").GetString());
            Assert.Equal("transport", reply.Json.GetProperty("_ng_failure_judge_error").GetString());
        }
    }

    [Fact]
    public async Task NemoGym_NamedGroup_HasOneAnswerHoweverOftenItIsAsked()
    {
        await StartAsync();
        JsonNode body = Recorded("nemo_gym/ok")["request"]!["body"]!;
        JsonNode Named(int index, string text, int attempt)
        {
            JsonNode row = Row(body, index, text);
            row["_ng_group_id"] = "run-1/3";
            row["_ng_group_attempt"] = 0;
            row["_ng_attempt_index"] = attempt; // of the rollout, not of the group
            return row;
        }

        RewardReply[] replies = await Task.WhenAll(
            Host.PostAsync("/verify?size=2", Named(0, "55", 2)),
            Host.PostAsync("/verify?size=2", Named(1, "54", 0))
        );
        RewardReply again = await Host.PostAsync("/verify?size=2", Named(0, "55", 3));
        Assert.Equal(replies[0].Reward, again.Reward);
        Assert.True(replies[0].Reward > replies[1].Reward);
    }

    [Fact]
    public async Task NemoGym_Reverify_IsNotSupported()
    {
        await StartAsync();
        Assert.Equal("\"unsupported\"", (await Host.GetAsync("/reverify_mode")).Body);
    }

    private async Task StartAsync() =>
        _host = await RewardHost.StartAsync(
            new()
            {
                Judge = _judge,
                Concurrency = 8,
                Fingerprint = new(new JudgeFingerprint("answers", "id", "prompt", 0.6, 1, 100, 1, "hashed", "fixed", 42, false)),
            }
        );

    private static JsonNode Recorded(string name) => JsonNode.Parse(File.ReadAllText(Fixtures.PathOf($"trainers/{name}.json")))!;

    private static JsonNode Case(string name, string label) =>
        Recorded(name)["then"]!["cases"]!.AsArray().Single(one => one!["case"]!.GetValue<string>() == label)!;

    private static JsonNode Row(JsonNode body, int rollout, string text)
    {
        JsonNode row = body.DeepClone();
        row["_ng_rollout_index"] = rollout;
        row["response"]!["output"]![0]!["content"]![0]!["text"] = text;
        return row;
    }

    private static double Single(JsonElement list) => Assert.Single(list.EnumerateArray()).GetDouble();

    /// <summary>Prefers the response that has the answer in it, and among equals the shorter one.</summary>
    private sealed class JudgeOfAnswers(string answer) : IJudge
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<Comparison> _asked = [];

        public bool Fails { get; set; }

        public IEnumerable<string> Queries => _asked.Select(comparison => comparison.Query);

        public IEnumerable<string> Responses =>
            _asked.SelectMany(comparison => new[] { comparison.Response1, comparison.Response2 }).Distinct();

        public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
        {
            _asked.Enqueue(comparison);
            if (Fails)
            {
                throw new EndpointException("The server is away.");
            }

            (bool first, bool second) = (Has(comparison.Response1), Has(comparison.Response2));
            bool firstWins = first == second ? comparison.Response1.Length < comparison.Response2.Length : first;
            return Task.FromResult(NumberJudge.Decided(firstWins ? Verdict.First : Verdict.Second));
        }

        private bool Has(string response) => response.Contains(answer, StringComparison.Ordinal);
    }
}
