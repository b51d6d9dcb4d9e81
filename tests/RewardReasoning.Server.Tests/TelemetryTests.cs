using System.Text;
using Microsoft.Extensions.AI;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests;

/// <summary>What a server reports: to Prometheus, and to a collector of OpenTelemetry. Never a text of anybody.</summary>
public sealed class TelemetryTests
{
    private const string Query = "a secret question";
    private const string Pair = $$"""{"query": "{{Query}}", "response_1": "a private answer", "response_2": "b"}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_CountJudgmentsVotesTokensRequestsAndRefusals()
    {
        using ScriptedChatClient scripted = new(request => request.Index < 3 ? "I cannot say." : @"\boxed{Assistant 1}");
        await using ServedJudge served = await ServedJudge.StartAsync(scripted.AsBuilder().UseOpenTelemetry().Build());
        Assert.Equal(200, (await served.PostAsync("/v1/judge", Pair)).Status);
        Assert.Equal(200, (await served.PostAsync("/v1/judge", Pair)).Status);
        Assert.Equal(400, (await served.PostAsync("/v1/judge", "{}")).Status);

        JudgeAnswer metrics = await served.GetAsync("/metrics");

        Assert.Equal((200, "text/plain"), (metrics.Status, metrics.MediaType));
        Assert.All(
            [
                """reward_reasoning_judgments_total\{.*gen_ai_evaluation_score_label="1""",
                """reward_reasoning_judgments_total\{.*gen_ai_evaluation_score_label="missing""",
                """reward_reasoning_votes_total\{.*error_type="unparsable""",
                """reward_reasoning_tokens_total\{.*gen_ai_token_type="output""",
                """reward_reasoning_server_refused_total\{.*code="invalid_row",status="400"\} 1""",
                """reward_reasoning_server_requests\{.*\} 0""",
                """reward_reasoning_server_requests_limit\{.*\} 256""",
                """http_server_request_duration_seconds_count\{.*http_route="/v1/judge""",
                """gen_ai_client_operation_duration_seconds_count""",
                """gen_ai_client_token_usage""",
            ],
            line => Assert.Matches(line, metrics.Body)
        );
        Assert.DoesNotContain(Query, metrics.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collector_IsSentSpansOfRequestJudgmentAndVoteWithoutTexts()
    {
        TaskCompletionSource<string> spans = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopbackServer collector = await LoopbackServer.StartAsync(async http =>
        {
            using StreamReader body = new(http.Request.Body, Encoding.Latin1);
            string sent = await body.ReadToEndAsync(http.RequestAborted);
            if (http.Request.Path == "/v1/traces" && sent.Contains("judge scripted-judge", StringComparison.Ordinal))
            {
                spans.TrySetResult(sent);
            }
        });
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url.ToString());
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        try
        {
            using ScriptedChatClient scripted = ScriptedChatClient.Of(@"a private thought \boxed{Assistant 1}");
            await using ServedJudge served = await ServedJudge.StartAsync(scripted, options => options with { ExportsTelemetry = true });
            Assert.Equal(200, (await served.PostAsync("/v1/judge", Pair)).Status);
        }
        finally
        {
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", null);
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", null);
        }

        string sentSpans = await spans.Task.WaitAsync(Cancellation);
        Assert.All(
            ["POST /v1/judge", "vote", "gen_ai.evaluation.result"],
            name => Assert.Contains(name, sentSpans, StringComparison.Ordinal)
        );
        Assert.All([Query, "private"], text => Assert.DoesNotContain(text, sentSpans, StringComparison.Ordinal));
    }
}
