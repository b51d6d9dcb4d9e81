// Rewards in a training loop: a policy has sampled several responses to each query; a judge ranks each group, the ranking gives rewards,
// and
// their standardised values are the advantages of GRPO. A response without a decided match has no reward, and leaves its group's
// statistics.
//
//     dotnet run --project examples/RewardsInTraining -- models/rrm-mini
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Rankings;

(string Query, string[] Responses)[] rollouts =
[
    ("6*12+22", ["94", "104", "93", "97", "940", "94.0"]),
    ("12*4+7", ["55", "54", "45", "56", "550", "55"]),
];

using OpenedJudge judge = LocalJudge.Open(args.Length > 0 ? args[0] : "models/rrm-mini");
Ranker ranker = new(judge, new RankingOptions { Mode = new RankingMode.RandomOpponents(4), StandardiseRewards = true });

foreach ((string query, string[] responses) in rollouts)
{
    Ranking ranking = await ranker.RankAsync(query, responses);
    Console.WriteLine($"{query}: {ranking.Matches.Count} matches");
    foreach ((string response, double? advantage) in responses.Zip(ranking.Rewards))
    {
        Console.WriteLine(advantage is { } value ? $"  {response, -5} {value, 6:0.00}" : $"  {response, -5} none");
    }
}
