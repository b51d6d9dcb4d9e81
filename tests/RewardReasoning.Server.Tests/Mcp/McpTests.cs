using System.IO.Pipelines;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using RewardReasoning.Judging;
using RewardReasoning.Server.Mcp;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Mcp;

/// <summary>The tools, called by the protocol's own client over HTTP and over streams.</summary>
public sealed class McpTests
{
    private static readonly Dictionary<string, object?> Pair = new()
    {
        ["query"] = "q",
        ["response_1"] = "a",
        ["response_2"] = "b",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Http_ListsTheTools_WithSchemasOfBothSides()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First());
        await using McpClient client = await ConnectAsync(served);
        IList<McpClientTool> tools = await client.ListToolsAsync(cancellationToken: Cancellation);
        Assert.Equal(["explain_disagreement", "judge", "rank"], tools.Select(tool => tool.Name).Order());
        Assert.All(
            tools,
            tool =>
            {
                Assert.Equal("object", tool.ProtocolTool.InputSchema.GetProperty("type").GetString());
                Assert.Equal("object", tool.ProtocolTool.OutputSchema?.GetProperty("type").GetString());
            }
        );
    }

    [Fact]
    public async Task Judge_GivesTheJudgment_AsStructureAndAsText()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First(), judging: new JudgeOptions { Order = VoteOrder.Given });
        await using McpClient client = await ConnectAsync(served);
        CallToolResult result = await client.CallToolAsync("judge", Pair, cancellationToken: Cancellation);
        Assert.Equal(1, Structure(result).GetProperty("preferred").GetInt32());
        Assert.StartsWith("Response 1 is better", TextOf(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_WithoutAReadableVerdict_IsMissingAndNoError()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(ScriptedChatClient.Of("I cannot say."));
        await using McpClient client = await ConnectAsync(served);
        CallToolResult result = await client.CallToolAsync("judge", Pair, cancellationToken: Cancellation);
        Assert.Equal(JsonValueKind.Null, Structure(result).GetProperty("preferred").ValueKind);
        Assert.NotEqual(true, result.IsError);
        Assert.StartsWith("There is no judgment:", TextOf(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rank_TellsOfItsProgress()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First());
        await using McpClient client = await ConnectAsync(served);

        // The client forgets a call's own listener with its result, which may be handled before the last notification is.
        TaskCompletionSource whole = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using IAsyncDisposable listening = client.RegisterNotificationHandler(
            NotificationMethods.ProgressNotification,
            (notification, _) =>
            {
                if ((double?)notification.Params?["progress"] == 3 && (double?)notification.Params?["total"] == 3)
                {
                    whole.TrySetResult();
                }

                return ValueTask.CompletedTask;
            }
        );
        CallToolResult result = await client.CallToolAsync(
            "rank",
            new Dictionary<string, object?> { ["query"] = "q", ["responses"] = new[] { "a", "b", "c" } },
            new Progress<ProgressNotificationValue>(),
            cancellationToken: Cancellation
        );
        Assert.Equal(3, Structure(result).GetProperty("ranking").GetArrayLength());
        await whole.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task ExplainDisagreement_ShowsBothSides_AndWhereTheyPart()
    {
        int asked = 0;
        ScriptedChatClient model = new(_ =>
            Interlocked.Increment(ref asked) % 2 == 0
                ? new ScriptedReply { Reasoning = "Both add up. The first is right.", Text = @"\boxed{Assistant 1}" }
                : new ScriptedReply { Reasoning = "Both add up. The second is right.", Text = @"\boxed{Assistant 2}" }
        );
        await using ServedJudge served = await ServedJudge.StartAsync(
            model,
            judging: new JudgeOptions { Order = VoteOrder.Given, Concurrency = 1 }
        );
        await using McpClient client = await ConnectAsync(served);
        JsonElement found = Structure(await client.CallToolAsync("explain_disagreement", Pair, cancellationToken: Cancellation));
        Assert.Equal((2, 2), (found.GetProperty("votes_1").GetInt32(), found.GetProperty("votes_2").GetInt32()));
        Assert.Equal("Both add up. The second is right.", found.GetProperty("reasoning_2").GetString());
        JsonElement parting = found.GetProperty("parting");
        Assert.Equal(
            ("Both add up. The ", "first is right.", "second is right."),
            (parting.GetProperty("shared").GetString(), parting.GetProperty("first").GetString(), parting.GetProperty("second").GetString())
        );
    }

    [Theory]
    [InlineData("judge", """{"query": "q", "response_1": "a"}""", "response_2 is missing")]
    [InlineData("rank", """{"query": "q", "responses": ["a"]}""", "There are 1 responses")]
    [InlineData("rank", """{"query": "q", "responses": "a"}""", "responses is a list")]
    [InlineData("explain_disagreement", """{"query": "q", "response_1": "a", "response_2": "b", "looks": 1}""", "looks is a whole number")]
    public async Task Call_WithWrongArguments_IsAnErrorThatSaysWhatMustHold(string tool, string arguments, string said)
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First());
        await using McpClient client = await ConnectAsync(served);
        CallToolResult result = await client.CallToolAsync(
            tool,
            JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments),
            cancellationToken: Cancellation
        );
        Assert.True(result.IsError);
        Assert.Contains(said, TextOf(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Allowance_OnceSpent_RefusesFurtherCalls()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First(), options => options with { MaxToolTokens = 5 });
        await using McpClient client = await ConnectAsync(served);
        Assert.NotEqual(true, (await client.CallToolAsync("judge", Pair, cancellationToken: Cancellation)).IsError);
        CallToolResult refused = await client.CallToolAsync("judge", Pair, cancellationToken: Cancellation);
        Assert.True(refused.IsError);
        Assert.Contains("--max-tool-tokens", TextOf(refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_WithoutTheKey_IsRefused()
    {
        const string Variable = "RRM_MCP_KEY";
        Environment.SetEnvironmentVariable(Variable, "sk-of-the-tools");
        await using ServedJudge served = await ServedJudge.StartAsync(First(), options => options with { KeyVariable = Variable });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => ConnectAsync(served));
        await using McpClient known = await ConnectAsync(served, "sk-of-the-tools");
        Assert.Equal(3, (await known.ListToolsAsync(cancellationToken: Cancellation)).Count);
    }

    [Fact]
    public async Task Streams_AnswerUntilTheInputEnds()
    {
        Pipe toServer = new();
        Pipe toClient = new();
        using OpenedJudge judge = JudgeFactory.Open(First());
        Task serving = JudgeStdio.RunAsync(
            judge,
            new(),
            null,
            toServer.Reader.AsStream(),
            toClient.Writer.AsStream(),
            TimeProvider.System,
            Cancellation
        );
        await using (
            McpClient client = await McpClient.CreateAsync(
                new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream()),
                cancellationToken: Cancellation
            )
        )
        {
            Assert.Equal("rrm", client.ServerInfo?.Name);
            Assert.NotNull((await client.CallToolAsync("judge", Pair, cancellationToken: Cancellation)).StructuredContent);
        }

        await toServer.Writer.CompleteAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    private static ScriptedChatClient First() => ScriptedChatClient.Of(@"\boxed{Assistant 1}");

    private static Task<McpClient> ConnectAsync(ServedJudge served, string? key = null) =>
        McpClient.CreateAsync(
            new HttpClientTransport(
                new()
                {
                    Endpoint = new Uri(served.Server.Url, "/mcp"),
                    TransportMode = HttpTransportMode.StreamableHttp,
                    AdditionalHeaders = key is null ? null : new Dictionary<string, string> { ["Authorization"] = "Bearer " + key },
                }
            ),
            cancellationToken: Cancellation
        );

    private static JsonElement Structure(CallToolResult result) =>
        result.StructuredContent ?? throw new Xunit.Sdk.XunitException(TextOf(result));

    private static string TextOf(CallToolResult result) =>
        string.Concat(result.Content.OfType<TextContentBlock>().Select(block => block.Text));
}
