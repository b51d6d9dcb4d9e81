using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>The options about servers, by what reaches the servers.</summary>
public sealed class EndpointOptionsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    private static Task<RrmResult> JudgeAsync(FakeOpenAIServer server, params string[] args) =>
        Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "right",
            "--response",
            "wrong",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--json",
            .. args,
        ]);

    [Fact]
    public async Task Judge_SeveralEndpoints_SharesTheVotesOut()
    {
        await using FakeOpenAIServer one = await RightAnswerServer.StartAsync();
        await using FakeOpenAIServer two = await RightAnswerServer.StartAsync();
        RrmResult result = await JudgeAsync(one, "--endpoint", two.Url.ToString(), "--votes", "8");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Equal((4, 4), (one.Requests.Count, two.Requests.Count));
    }

    [Fact]
    public async Task Judge_OneOfTwoEndpointsIsGone_SaysSoAndGoesOn()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        RrmResult result = await JudgeAsync(server, "--endpoint", FakeOpenAIServer.UnusedUrl().ToString(), "--votes", "2");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Contains("connection refused", result.Error, StringComparison.Ordinal);
        Assert.Contains("the next goes to another server", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_Concurrency_HoldsAtTheServer()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            RightAnswerServer.Judge(request) with
            {
                After = Task.Delay(20, TestContext.Current.CancellationToken),
            }
        );
        await JudgeAsync(server, "--votes", "9", "--concurrency", "2");
        Assert.Equal(2, server.MostInFlight);
    }

    [Fact]
    public async Task Judge_LogProbsAndFields_AreSent()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        await JudgeAsync(server, "--logprobs", "--request-fields", """{"top_k": 20, "temperature": null}""");
        Assert.Equal(
            (true, 5, 20, false),
            (
                server.Requests[0].Body["logprobs"]?.GetValue<bool>(),
                server.Requests[0].Body["top_logprobs"]?.GetValue<int>(),
                server.Requests[0].Body["top_k"]?.GetValue<int>(),
                server.Requests[0].Body.ContainsKey("temperature")
            )
        );
    }

    [Fact]
    public async Task Judge_JudgeFilesOfTheModel_AreReadAsInProcess()
    {
        string folder = Directory.CreateTempSubdirectory("rrm-judge-files-").FullName;
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder, "judge-prompt.txt"),
                "[user]\n{query}: {response_1} or {response_2}?",
                TestContext.Current.CancellationToken
            );
            await File.WriteAllTextAsync(
                Path.Combine(folder, "judge-stub.json"),
                """{ "thinkingStub": "</think>So \\boxed{Assistant " }""",
                TestContext.Current.CancellationToken
            );
            await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
            await JudgeAsync(server, "--judge-files", folder, "--server", "vllm", "--thinking-budget", "0", "--order", "given");
            Assert.Equal("q: right or wrong?", server.Requests[0].LastContent("user")?.Trim());
            Assert.EndsWith(@"</think>So \boxed{Assistant ", server.Requests[0].LastContent("assistant"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Judge_JudgeFilesWithoutAny_IsBadUsage()
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
            "http://127.0.0.1:9/v1",
            "--model",
            "m",
            "--judge-files",
            Path.GetTempPath()
        );
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("holds none of judge-prompt.txt", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_Prices_GiveTheCost()
    {
        await File.WriteAllTextAsync(_file, """{ "m": { "prompt": 2, "output": 10 } }""", TestContext.Current.CancellationToken);
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        JsonElement usage = JsonDocument
            .Parse((await JudgeAsync(server, "--prices", _file, "--votes", "2")).Out)
            .RootElement.GetProperty("usage");
        Assert.Equal(0.00014m, usage.GetProperty("cost").GetDecimal()); // 10 tokens read, 5 written, twice
        JsonElement unknown = JsonDocument.Parse((await JudgeAsync(server)).Out).RootElement.GetProperty("usage");
        Assert.Equal(JsonValueKind.Null, unknown.GetProperty("cost").ValueKind);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(401)]
    [InlineData(500)]
    public async Task Judge_ApiKeyFile_IsSentAndShownNowhere(int status)
    {
        const string Key = "sk-cli-9876543210";
        await File.WriteAllTextAsync(_file, Key + "\n", TestContext.Current.CancellationToken);
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            status == 200 ? RightAnswerServer.Judge(request) : FakeReply.Error(status, $"no {Key}")
        );
        RrmResult result = await JudgeAsync(server, "--api-key-file", _file, "--verbose", "--tries", "2", "--store", _file + ".db");
        Assert.Equal($"Bearer {Key}", server.Requests[0].Authorization);
        Assert.Equal(status == 200 ? ExitCodes.Done : ExitCodes.Failed, result.ExitCode);
        string kept = string.Concat(
            Directory
                .GetFiles(Path.GetTempPath(), Path.GetFileName(_file) + ".db*")
                .Select(path =>
                {
                    string text = File.ReadAllText(path, System.Text.Encoding.Latin1);
                    File.Delete(path);
                    return text;
                })
        );
        Assert.NotEmpty(kept);
        Assert.DoesNotContain("9876", result.Out + result.Error + kept, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--logprobs goes with --endpoint", "--logprobs")]
    [InlineData("--prices goes with --endpoint", "--prices", "p.json")]
    [InlineData("--api-key-file goes with --endpoint", "--api-key-file", "f")]
    [InlineData("There is no file no-such-key", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--api-key-file", "no-such-key")]
    [InlineData("--requests-per-minute is 0", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--requests-per-minute", "0")]
    [InlineData(
        "--request-fields is JSON, but not an object",
        "--endpoint",
        "http://127.0.0.1:9/v1",
        "--model",
        "m",
        "--request-fields",
        "[]"
    )]
    [InlineData("--request-fields is not a JSON object", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--request-fields", "{")]
    [InlineData("--timeout is 0", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--timeout", "0")]
    [InlineData("given twice", "--endpoint", "http://127.0.0.1:9/v1", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m")]
    [InlineData("no-such-prices", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--prices", "no-such-prices")]
    public async Task Judge_OptionsThatCannotBe_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["judge", "--query", "q", "--response", "a", "--response", "b", .. args]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }
}
