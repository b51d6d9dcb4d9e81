using RewardReasoning.Endpoints;
using RewardReasoning.Judging;

namespace RewardReasoning.Tests.Docs;

/// <summary>The example of docs/judging.md, compiled; a test holds the two together.</summary>
internal static class JudgingExample
{
    public static async Task<Judgment> RunAsync(Uri url)
    {
        // begin
        EndpointChatClient client = new(new() { Url = url, Model = "rrm-7b" });
        using OpenedJudge judge = JudgeFactory.Open(client, new JudgeOptions { Votes = 5, ThinkingBudget = 4096 });

        Judgment judgment = await judge.JudgeAsync(new Comparison(Query: "What is 12.5% of 80?", Response1: "10", Response2: "1000"));

        // Verdict.First, Verdict.Second, or null when no vote has a verdict.
        string preferred = judgment.Preferred?.ToString() ?? $"nothing: {judgment.MissingReason}";
        string report = $"prefers {preferred} with confidence {judgment.Confidence:0.00}: {judgment.Votes[0].Reasoning}";
        // end
        return report.Length > 0 ? judgment : throw new InvalidOperationException("The report is empty.");
    }
}
