using RewardReasoning.Rankings;

namespace RewardReasoning.Tests.Docs;

/// <summary>The example of docs/ranking.md, compiled; a test holds the two together.</summary>
internal static class RankingExample
{
    public static async Task<string> RunAsync(IJudge judge, string query, IReadOnlyList<string> responses)
    {
        // begin
        Ranker ranker = new(judge, new RankingOptions { Mode = new RankingMode.Active(RankingGoal.Ranking), MaxMatches = 60 });

        Ranking ranking = await ranker.RankAsync(query, responses);

        // Indices count from 0, as the list does.
        string report = ranking.Best is { } best ? $"best: {responses[best]}" : $"nothing: {ranking.MissingReason}";
        // end
        return report;
    }
}
