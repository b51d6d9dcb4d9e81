using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Endpoints;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class EndpointProbeCommandTests : IDisposable
{
    private const string Key = "sk-probe-9876543210";
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    private static Task<FakeOpenAIServer> StartAsync(Func<FakeRequest, FakeReply, FakeReply>? change = null) =>
        FakeOpenAIServer.StartAsync(
            new QuirkyServer(ServerFlavour.Vllm) { Change = change ?? ((_, reply) => reply) }.Answer,
            answersGets: true
        );

    [Fact]
    public async Task Probe_ServerThatHasAll_SaysHowItIsUsed()
    {
        await using FakeOpenAIServer server = await StartAsync();
        RrmResult result = await Rrm.RunAsync("endpoint", "probe", server.Url.ToString());
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        string[] lines = result.Out.TrimEnd().Split('\n');
        Assert.Equal($"server          vLLM at {server.Url}", lines[0]);
        Assert.Equal("model           judge-7b, context of 32,768 tokens", lines[1]);
        Assert.Contains("prefill         yes continue_final_message", lines);
        Assert.Equal($"Use it with: --endpoint {server.Url} --model judge-7b --server vllm --logprobs --thinking-cap", lines[^1]);
    }

    [Fact]
    public async Task Probe_ArgumentsThatItSays_AreOnesThatJudgeTakes()
    {
        await using FakeOpenAIServer server = await StartAsync();
        RrmResult probed = await Rrm.RunAsync("endpoint", "probe", server.Url.ToString(), "--json");
        JsonElement report = JsonDocument.Parse(probed.Out).RootElement;
        string[] arguments = [.. report.GetProperty("arguments").EnumerateArray().Select(argument => argument.GetString() ?? "")];
        RrmResult judged = await Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            "--response",
            "b",
            "--json",
            "--thinking-budget",
            "16",
            .. arguments,
        ]);
        Assert.Equal((ExitCodes.Done, ""), (judged.ExitCode, judged.Error));
        Assert.Equal("vllm", report.GetProperty("server").GetString());
        Assert.Equal(
            ("seeds", true, true, false),
            report
                .GetProperty("findings")
                .EnumerateArray()
                .Select(finding =>
                    (
                        finding.GetProperty("capability").GetString(),
                        finding.GetProperty("has").GetBoolean(),
                        finding.GetProperty("expected").GetBoolean(),
                        finding.GetProperty("failed").GetBoolean()
                    )
                )
                .ElementAt(1)
        );
    }

    [Fact]
    public async Task Probe_OneQuestionFails_ExitCodeSaysThatSomethingIsMissing()
    {
        await using FakeOpenAIServer server = await StartAsync(
            (request, reply) => request.Body.ContainsKey("n") ? FakeReply.Error(500, "engine died") : reply
        );
        RrmResult result = await Rrm.RunAsync("endpoint", "probe", server.Url.ToString());
        Assert.Equal((ExitCodes.SomeMissing, ""), (result.ExitCode, result.Error));
        Assert.Contains("engine died", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(401)]
    public async Task Probe_ApiKeyFile_IsSentAndShownNowhere(int status)
    {
        await File.WriteAllTextAsync(_file, Key, TestContext.Current.CancellationToken);
        await using FakeOpenAIServer server = await StartAsync((_, reply) => status == 200 ? reply : FakeReply.Error(status, $"no {Key}"));
        RrmResult result = await Rrm.RunAsync("endpoint", "probe", server.Url.ToString(), "--api-key-file", _file, "--verbose");
        Assert.All(server.Requests, request => Assert.Equal($"Bearer {Key}", request.Authorization));
        Assert.Equal(status == 200 ? ExitCodes.Done : ExitCodes.Failed, result.ExitCode);
        Assert.DoesNotContain("9876", result.Out + result.Error, StringComparison.Ordinal);
        Assert.Contains(_file, result.Out + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_NothingListens_Fails()
    {
        RrmResult result = await Rrm.RunAsync("endpoint", "probe", FakeOpenAIServer.UnusedUrl().ToString(), "--model", "m");
        Assert.Equal((ExitCodes.Failed, ""), (result.ExitCode, result.Out));
        Assert.Contains("connection refused", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("URL is 'nowhere'", "nowhere")]
    [InlineData("Required argument 'URL' missing")]
    [InlineData("--timeout is 0", "http://127.0.0.1:9/v1", "--timeout", "0")]
    [InlineData("--server is 'mine'", "http://127.0.0.1:9/v1", "--server", "mine")]
    public async Task Probe_CallThatCannotBe_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["endpoint", "probe", .. args]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }
}
