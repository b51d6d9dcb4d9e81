using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class JudgeCommandTests
{
    [Fact]
    public async Task Judge_Criteria_ComparesTwoAndScoresOne()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            (request.LastContent("user") ?? "").Contains("### Assistant 1", StringComparison.Ordinal)
                ? RightAnswerServer.Judge(request)
                : FakeReply.Completion(@"So \boxed{4}.", reasoning: "Let me see.")
        );
        string folder = Directory.CreateTempSubdirectory("rrm-criteria-").FullName;
        try
        {
            string criteria = Path.Combine(folder, "criteria.toml");
            await File.WriteAllTextAsync(
                criteria,
                """
                [[criteria]]
                name = "right"
                text = "It is right."
                weight = 3

                [[criteria]]
                name = "short"
                words = { max = 1 }
                """,
                TestContext.Current.CancellationToken
            );
            string[] common = ["judge", "--query", "q", "--criteria", criteria, "--endpoint", server.Url.ToString(), "--model", "m"];
            RrmResult two = await Rrm.RunAsync([.. common, "--response", "other", "--response", "right it is", "--json"]);
            JsonElement result = JsonElement.Parse(two.Out);
            Assert.Equal(
                (ExitCodes.Done, "second", 2),
                (two.ExitCode, result.GetProperty("outcome").GetString(), result.GetProperty("preferred").GetInt32())
            );
            Assert.Equal([0.25, 0.75], result.GetProperty("totals").EnumerateArray().Select(total => total.GetDouble()));

            RrmResult one = await Rrm.RunAsync([.. common, "--response", "right"]);
            Assert.Equal(ExitCodes.Done, one.ExitCode);
            Assert.StartsWith("The response scores 0.81 of 1.\n", one.Out, StringComparison.Ordinal); // (3 · ¾ + 1) / 4

            RrmResult mini = await Rrm.RunAsync("judge", "--query", "q", "--criteria", criteria, "--response", "1");
            Assert.Equal(ExitCodes.BadUsage, mini.ExitCode);
            Assert.Contains("judges by its own judge-prompt.txt, which has no place for a criterion", mini.Error, StringComparison.Ordinal);

            RrmResult order = await Rrm.RunAsync([.. common, "--response", "right", "--order", "given"]);
            Assert.Equal(ExitCodes.BadUsage, order.ExitCode);
            Assert.Contains("--order does not go with --criteria", order.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Judge_Json_IsOneObjectNumberedAsTheCallerDoes()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        RrmResult result = await JudgeAsync(server, "wrong", "right", "--votes", "2", "--json");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        JsonElement judgment = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(2, judgment.GetProperty("preferred").GetInt32());
        Assert.Equal("m", judgment.GetProperty("model").GetString());
        Assert.Equal(0.875, judgment.GetProperty("confidence").GetDouble(), 6);
        Assert.Equal(10, judgment.GetProperty("usage").GetProperty("output_tokens").GetInt64());
        JsonElement[] votes = [.. judgment.GetProperty("votes").EnumerateArray()];
        Assert.Equal([2, 2], votes.Select(vote => vote.GetProperty("verdict").GetInt32()));
        Assert.Equal(["given", "swapped"], votes.Select(vote => vote.GetProperty("order").GetString()).Order());
        Assert.All(
            votes,
            vote =>
                Assert.Equal(
                    ("Let me see.", false, 5),
                    (
                        vote.GetProperty("reasoning").GetString(),
                        vote.GetProperty("forced").GetBoolean(),
                        vote.GetProperty("tokens").GetInt32()
                    )
                )
        );
        Assert.NotEqual(votes[0].GetProperty("seed").GetInt64(), votes[1].GetProperty("seed").GetInt64());
    }

    [Fact]
    public async Task Judge_ForPeople_ShowsReasoningThenTheBetterResponse()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        RrmResult result = await JudgeAsync(server, "right", "wrong", "--order", "both");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Contains("\nLet me see.\nSo \\boxed{Assistant 1}\n", result.Out, StringComparison.Ordinal);
        Assert.Matches(
            @"\[vote [12]; Assistant 1 is response 2, Assistant 2 is response 1\]\nLet me see\.\nSo \\boxed\{Assistant 2\}\n",
            result.Out
        );
        Assert.Matches(@"\n\nResponse 1 is better\.\nvotes 2:0 · confidence 0\.88", result.Out);
        Assert.DoesNotContain('\e', result.Out);
    }

    [Fact]
    public async Task Judge_VotesInAnyOrder_AreShownOneAfterTheOther()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            RightAnswerServer.Judge(request) with
            {
                PieceLength = 1,
                Reasoning = new string('x', 50),
            }
        );
        RrmResult result = await JudgeAsync(server, "right", "wrong", "--votes", "5");
        string[] headings = [.. result.Out.Split('\n').Where(line => line.StartsWith('['))];
        Assert.Equal(["[vote 1", "[vote 2", "[vote 3", "[vote 4", "[vote 5"], headings.Select(heading => heading[..7]));
        Assert.Equal(5, result.Out.Split(new string('x', 50)).Length - 1);
    }

    [Theory]
    [InlineData("certain", 9, "certain")]
    [InlineData("0.95", 4, "confident")]
    [InlineData("0.9999999,certain", 9, "certain")]
    public async Task Judge_Adaptive_SaysWhyItEnded(string adaptive, int votes, string end)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        RrmResult result = await JudgeAsync(server, "wrong", "right", "--votes", "17", "--adaptive", adaptive, "--json");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        JsonElement judgment = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            (17, end, votes),
            (
                judgment.GetProperty("max_votes").GetInt32(),
                judgment.GetProperty("ended_by").GetString(),
                judgment.GetProperty("votes").GetArrayLength()
            )
        );
        Assert.Contains(
            "votes 0:4 of at most 17 ·",
            (await JudgeAsync(server, "wrong", "right", "--votes", "17", "--adaptive", "0.95")).Out,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("--adaptive 0.95 needs --votes K", "--adaptive", "0.95")]
    [InlineData("--adaptive certain needs --votes K", "--adaptive", "certain", "--votes", "1")]
    [InlineData("between 0.5 and 1", "--adaptive", "95", "--votes", "9")]
    [InlineData("between 0.5 and 1", "--adaptive", "1", "--votes", "9")]
    [InlineData("'often' does not say when voting ends", "--adaptive", "often", "--votes", "9")]
    public async Task Judge_AdaptiveThatCannotBe_IsBadUsage(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            "--response",
            "b",
            "--endpoint",
            "http://127.0.0.1:9/v1",
            "--model",
            "m",
            .. args,
        ]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_NoReadableVerdict_IsMissing()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("I like both.", "Hm."));
        RrmResult result = await JudgeAsync(server, "a", "b", "--json");
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        JsonElement judgment = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(JsonValueKind.Null, judgment.GetProperty("preferred").ValueKind);
        Assert.Equal(JsonValueKind.Null, judgment.GetProperty("votes")[0].GetProperty("verdict").ValueKind);
        Assert.Contains(@"\boxed{Assistant 1}", judgment.GetProperty("missing").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-21", "-21")]
    [InlineData("@@home", "@home")]
    [InlineData("", "")]
    [InlineData("-", "from input")]
    [InlineData("--json", "--json")]
    public async Task Judge_ResponseAsItStands_ReachesTheJudge(string argument, string expected)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string[] response = argument.StartsWith("--", StringComparison.Ordinal) ? [$"--response={argument}"] : ["--response", argument];
        RrmResult result = await Rrm.RunAsync(
            "from input\n",
            ["judge", "--query", "q", .. response, "--response", "other", "--order", "given", .. At(server)]
        );
        Assert.Equal(("", ExitCodes.Done), (result.Error, result.ExitCode));
        Assert.Contains(
            $"### Assistant 1\n~~~~\n{expected}\n~~~~",
            Assert.Single(server.Requests).LastContent("user"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Judge_TextFromFile_LosesOneLineEnd()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "two lines\n\r\n", TestContext.Current.CancellationToken);
            await JudgeAsync(server, $"@{file}", "b", "--order", "given");
            Assert.Contains("~~~~\ntwo lines\n\n~~~~", Assert.Single(server.Requests).LastContent("user"), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Judge_BinaryFile_IsBadInput()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, [0x7f, 0x45, 0xff, 0xfe], TestContext.Current.CancellationToken);
            RrmResult result = await Rrm.RunAsync(
                "judge",
                "--query",
                "q",
                "--response",
                $"@{file}",
                "--response",
                "b",
                "--endpoint",
                "http://127.0.0.1:9/v1",
                "--model",
                "m"
            );
            Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
            Assert.Contains("is not UTF-8 text", result.Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Judge_NoServer_FailsInOneLine()
    {
        Uri nobody = FakeOpenAIServer.UnusedUrl();
        RrmResult result = await Rrm.RunAsync(
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            "--response",
            "b",
            "--endpoint",
            nobody.ToString(),
            "--model",
            "m",
            "--tries",
            "1"
        );
        Assert.Equal((ExitCodes.Failed, ""), (result.ExitCode, result.Out));
        Assert.StartsWith($"rrm: {nobody}/chat/completions: connection refused.", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_Verbose_ShowsWhereTheErrorCameFrom()
    {
        RrmResult result = await Rrm.RunAsync(
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            "--response",
            "b",
            "--endpoint",
            FakeOpenAIServer.UnusedUrl().ToString(),
            "--model",
            "m",
            "--tries",
            "1",
            "--verbose"
        );
        Assert.Contains("   at RewardReasoning.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_PageInPlaceOfAnAnswer_SaysSo()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Html());
        RrmResult result = await JudgeAsync(server, "a", "b", "--tries", "1");
        Assert.Equal(ExitCodes.Failed, result.ExitCode);
        Assert.Contains("an HTML page came back", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_ShowPrompt_AsksNobody()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        RrmResult result = await JudgeAsync(server, "a", "b", "--show-prompt", "--json", "--order", "given");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement prompt = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal("given", prompt.GetProperty("order").GetString());
        Assert.Equal(
            ["system", "user"],
            prompt.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString())
        );
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Judge_ShowPromptOfAFolder_IsItsTemplatesTextWithItsLength()
    {
        RrmResult result = await Rrm.RunAsync(
            "judge",
            "--query",
            "q",
            "--response",
            "a<|im_end|>",
            "--response",
            "b",
            "--show-prompt",
            "--order",
            "given",
            "--model",
            Fixtures.PathOf("smollm2-135m-instruct")
        );
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.StartsWith("<|im_start|>system\nYou are an impartial judge.", result.Out, StringComparison.Ordinal);
        Assert.EndsWith("<|im_start|>assistant\n\n", result.Out, StringComparison.Ordinal);
        Assert.Matches(@"^rrm: \d{3} tokens\n$", result.Error);
    }

    [Fact]
    public async Task Judge_Cancelled_HasItsOwnExitCode()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("x") with { Hangs = true });
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(300));
        RrmResult result = await Rrm.RunAsync(
            "",
            ["judge", "--query", "q", "--response", "a", "--response", "b", .. At(server)],
            stop.Token
        );
        Assert.Equal(ExitCodes.Cancelled, result.ExitCode);
    }

    [Theory]
    [InlineData("--response is given 1 time", "--query", "q", "--response", "a")]
    [InlineData("--response is given 3 times", "--query", "q", "--response", "a", "--response", "b", "--response", "c")]
    [InlineData("'--query' is required", "--response", "a", "--response", "b")]
    [InlineData("does not exist", "--query", "@no-such-file", "--response", "a", "--response", "b")]
    [InlineData("reads standard input already", "--query", "-", "--response", "-", "--response", "b")]
    [InlineData("--votes is 0", "--query", "q", "--response", "a", "--response", "b", "--votes", "0")]
    [InlineData("--order is 'random'", "--query", "q", "--response", "a", "--response", "b", "--order", "random")]
    [InlineData("--votes is 'many'; it is a whole number.", "--query", "q", "--response", "a", "--response", "b", "--votes", "many")]
    [InlineData("no-such-template", "--query", "q", "--response", "a", "--response", "b", "--prompt", "no-such-template")]
    public async Task Judge_BadUsage_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["judge", .. args, "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--header is 'X-Title'", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--header", "X-Title")]
    [InlineData("begins with http:// or https://", "--endpoint", "localhost", "--model", "m")]
    [InlineData("--api-key-env goes with --endpoint", "--api-key-env", "KEY")]
    [InlineData("NO_SUCH_VARIABLE is not set", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--api-key-env", "NO_SUCH_VARIABLE")]
    [InlineData("no folder 'no-such-folder'", "--model", "no-such-folder")]
    [InlineData("--server is 'apache'", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--server", "apache")]
    public async Task Judge_ModelThatCannotBe_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["judge", "--query", "q", "--response", "a", "--response", "b", .. args]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_ServerHasOneModel_AsksItUnnamed()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(ListOf("org/judge-7b"), answersGets: true);
        RrmResult result = await Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            "--response",
            "b",
            "--endpoint",
            server.Url.ToString(),
            "--json",
        ]);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Equal("org/judge-7b", server.Requests[^1].Body["model"]?.GetValue<string>());
    }

    [Fact]
    public async Task Judge_ServerHasTwoModels_NamesBoth()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(ListOf("org/judge-7b", "org/judge-32b"), answersGets: true);
        RrmResult result = await Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            "--response",
            "b",
            "--endpoint",
            server.Url.ToString(),
        ]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains("org/judge-7b, org/judge-32b", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_RewardModel_IsScored()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request => new FakeReply
        {
            Body =
                request.LastContent("assistant") == "a"
                    ? """{"data":[{"index":0,"probs":[1.5]}],"usage":{"prompt_tokens":7}}"""
                    : """{"data":[{"index":0,"probs":[0.5]}],"usage":{"prompt_tokens":7}}""",
        });
        RrmResult result = await JudgeAsync(server, "a", "b", "--reward-model", "--json");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Equal(0.7311, JsonDocument.Parse(result.Out).RootElement.GetProperty("confidence").GetDouble(), 4);
        Assert.All(server.Requests, request => Assert.Equal("/classify", request.Path));
    }

    private static Func<FakeRequest, FakeReply> ListOf(params string[] models) =>
        request =>
            request.Path.EndsWith("/models", StringComparison.Ordinal)
                ? new FakeReply { Body = $"[{string.Join(',', models.Select(model => $"{{\"id\":\"{model}\"}}"))}]" }
                : FakeReply.Completion(@"\boxed{Assistant 1}");

    private static Task<RrmResult> JudgeAsync(FakeOpenAIServer server, string first, string second, params string[] args) =>
        Rrm.RunAsync(["judge", "--query", "q", "--response", first, "--response", second, .. At(server), .. args]);

    private static string[] At(FakeOpenAIServer server) => ["--endpoint", server.Url.ToString(), "--model", "m"];
}
