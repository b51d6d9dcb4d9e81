using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Extensions.Evaluation.Tests;

public sealed class EvaluatorTests
{
    private static readonly ChatMessage[] Question = [new(ChatRole.User, "2+2?")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PreferenceEvaluator_ResponsePreferred_HasConfidenceReasonAndMetadata()
    {
        using ScriptedChatClient client = new(PreferFour);
        EvaluationResult result = await Compare(new PreferenceEvaluator(new ReasoningJudge(client, new() { Votes = 3 })), "four", "five");

        BooleanMetric preferred = result.Get<BooleanMetric>(PreferenceEvaluator.PreferredMetricName);
        NumericMetric preference = result.Get<NumericMetric>(PreferenceEvaluator.PreferenceMetricName);
        Assert.Equal((true, 0.9375), (preferred.Value, preference.Value));
        Assert.Equal((EvaluationRating.Good, false), (preferred.Interpretation?.Rating, preferred.Interpretation?.Failed));
        Assert.Equal("I think.", preferred.Reason);
        Assert.Equal("3", preference.Metadata?["votes"]);
        Assert.Equal("0.9375", preference.Metadata?["confidence"]);
        Assert.Equal("five", Assert.IsType<BaselineResponseContext>(preferred.Context?.Values.Single()).Baseline);
        Assert.Contains(client.Requests, request => request.UserText.Contains("2+2?", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PreferenceEvaluator_BaselinePreferred_IsBelowOneHalfAndFailed()
    {
        using ScriptedChatClient client = new(PreferFour);
        EvaluationResult result = await Compare(new PreferenceEvaluator(new ReasoningJudge(client)), "five", "four");
        Assert.False(result.Get<BooleanMetric>(PreferenceEvaluator.PreferredMetricName).Value);
        Assert.Equal(0.25, result.Get<NumericMetric>(PreferenceEvaluator.PreferenceMetricName).Value);
        Assert.True(result.Get<BooleanMetric>(PreferenceEvaluator.PreferredMetricName).Interpretation?.Failed);
    }

    [Fact]
    public async Task PreferenceEvaluator_ChatConfiguration_IsTheJudge()
    {
        using ScriptedChatClient client = new(PreferFour);
        EvaluationResult result = await new PreferenceEvaluator().EvaluateAsync(
            Question,
            new ChatResponse(new ChatMessage(ChatRole.Assistant, "four")),
            new ChatConfiguration(client),
            [new BaselineResponseContext("five")],
            Cancel
        );
        Assert.True(result.Get<BooleanMetric>(PreferenceEvaluator.PreferredMetricName).Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PreferenceEvaluator_NoVerdict_IsADiagnosticAndNeverANumber(bool refused)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            refused ? new ScriptedReply { Fault = new HttpRequestException("refused", null, HttpStatusCode.BadRequest) } : "I cannot say."
        );
        EvaluationResult result = await Compare(new PreferenceEvaluator(new ReasoningJudge(client)), "four", "five");
        Assert.Null(result.Get<BooleanMetric>(PreferenceEvaluator.PreferredMetricName).Value);
        Assert.Null(result.Get<NumericMetric>(PreferenceEvaluator.PreferenceMetricName).Value);
        Assert.All(
            result.Metrics.Values,
            metric =>
            {
                Assert.Equal(EvaluationDiagnosticSeverity.Error, Assert.Single(metric.Diagnostics ?? []).Severity);
                Assert.Equal(EvaluationRating.Inconclusive, metric.Interpretation?.Rating);
            }
        );
    }

    [Fact]
    public async Task PreferenceEvaluator_WithoutABaseline_SaysWhatToAdd()
    {
        using ScriptedChatClient client = new(PreferFour);
        EvaluationResult result = await new PreferenceEvaluator(new ReasoningJudge(client)).EvaluateAsync(
            Question,
            new ChatResponse(new ChatMessage(ChatRole.Assistant, "four")),
            cancellationToken: Cancel
        );
        Assert.All(
            result.Metrics.Values,
            metric =>
                Assert.Contains(nameof(BaselineResponseContext), Assert.Single(metric.Diagnostics ?? []).Message, StringComparison.Ordinal)
        );
        Assert.Empty(client.Requests);
    }

    [Fact]
    public async Task PreferenceEvaluator_UnpaidAccount_EndsTheEvaluation()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            new ScriptedReply { Fault = new HttpRequestException("no credit", null, HttpStatusCode.PaymentRequired) }
        );
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            Compare(new PreferenceEvaluator(new ReasoningJudge(client)), "four", "five").AsTask()
        );
    }

    [Fact]
    public async Task RankingEvaluator_AmongOthers_HasRankAndReward()
    {
        using ScriptedChatClient client = new(PreferFour);
        EvaluationResult result = await Rank(new RankingEvaluator(new ReasoningJudge(client)), "four", "five", "six");
        Assert.Equal(1, result.Get<NumericMetric>(RankingEvaluator.RankMetricName).Value);
        Assert.InRange(result.Get<NumericMetric>(RankingEvaluator.RewardMetricName).Value ?? -1, 0.6, 1);
        Assert.Equal("3", result.Get<NumericMetric>(RankingEvaluator.RankMetricName).Metadata?["matches"]);
    }

    [Fact]
    public async Task RankingEvaluator_MatchesOfTheResponseFail_HasNoReward()
    {
        using ScriptedChatClient client = new(request =>
            request.UserText.Contains("four", StringComparison.Ordinal)
                ? new ScriptedReply { Fault = new HttpRequestException("refused", null, HttpStatusCode.BadRequest) }
                : @"\boxed{Assistant 1}"
        );
        EvaluationResult result = await Rank(
            new RankingEvaluator(new ReasoningJudge(client), new RankingOptions { Mode = new RankingMode.RoundRobin() }),
            "four",
            "five",
            "six"
        );
        Assert.Null(result.Get<NumericMetric>(RankingEvaluator.RewardMetricName).Value);
        Assert.Null(result.Get<NumericMetric>(RankingEvaluator.RankMetricName).Value);
        Assert.Contains(
            "refused",
            Assert.Single(result.Get<NumericMetric>(RankingEvaluator.RewardMetricName).Diagnostics ?? []).Message,
            StringComparison.Ordinal
        );
    }

    private static ValueTask<EvaluationResult> Compare(PreferenceEvaluator evaluator, string response, string baseline) =>
        evaluator.EvaluateAsync(
            Question,
            new ChatResponse(new ChatMessage(ChatRole.Assistant, response)),
            additionalContext: [new BaselineResponseContext(baseline)],
            cancellationToken: Cancel
        );

    private static ValueTask<EvaluationResult> Rank(RankingEvaluator evaluator, string response, params string[] others) =>
        evaluator.EvaluateAsync(
            Question,
            new ChatResponse(new ChatMessage(ChatRole.Assistant, response)),
            additionalContext: [new CandidateResponsesContext(others)],
            cancellationToken: Cancel
        );

    /// <summary>Prefers the response "four", wherever it is shown; without it the one shown first.</summary>
    private static ScriptedReply PreferFour(ScriptedRequest request)
    {
        int four = request.UserText.IndexOf("\nfour\n", StringComparison.Ordinal);
        int second = request.UserText.IndexOf("### Assistant 2", StringComparison.Ordinal);
        return $@"<think>I think.</think>\boxed{{Assistant {(four > second ? 2 : 1)}}}";
    }
}
