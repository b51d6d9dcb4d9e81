using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Training.Policies;

/// <summary>What the responses to one question earn.</summary>
/// <param name="Rewards">In the order of the responses; NaN for one that has no decided match.</param>
/// <param name="Matches">Matches that the judge was asked about.</param>
/// <param name="Missing">Those of them without a winner, failed ones included.</param>
/// <param name="Usage">What they cost.</param>
/// <param name="Failure">The judge's first failure; null where it never failed.</param>
internal sealed record GroupRanking(IReadOnlyList<double> Rewards, int Matches, int Missing, Usage Usage, Exception? Failure)
{
    /// <summary>The rewards where nobody has one.</summary>
    public static double[] None(IReadOnlyList<string> answers) => [.. answers.Select(_ => double.NaN)];
}

/// <summary>Turns a ranking of the responses to one question into their rewards.</summary>
internal interface IGroupRanker
{
    /// <summary>Ranks. Where the judge was asked and decided nothing, there are no rewards at all, whatever the guard decided.</summary>
    /// <param name="query">The question.</param>
    /// <param name="answers">The responses as the judge reads them.</param>
    /// <param name="guarded">Those that lose without being read.</param>
    /// <param name="cancellationToken">Ends the ranking.</param>
    Task<GroupRanking> RankAsync(
        string query,
        IReadOnlyList<string> answers,
        IReadOnlySet<string> guarded,
        CancellationToken cancellationToken
    );
}

/// <summary>Ranks by matches that this process draws and puts before a judge.</summary>
internal sealed class GroupRanker(IJudge judge, PolicyRecipe recipe) : IGroupRanker
{
    private readonly RankingOptions _ranking = new()
    {
        Mode = new RankingMode.RandomOpponents(recipe.Opponents),
        Method = recipe.Reward == RewardKind.Elo ? RatingMethod.Elo : RatingMethod.BradleyTerry,
        Reward = recipe.Reward,
        Seed = unchecked((long)recipe.Seed),
    };

    /// <inheritdoc/>
    public async Task<GroupRanking> RankAsync(
        string query,
        IReadOnlyList<string> answers,
        IReadOnlySet<string> guarded,
        CancellationToken cancellationToken
    )
    {
        GuardedJudge guard = new(judge, guarded);
        try
        {
            Ranking ranking = await new Ranker(guard, _ranking).RankAsync(query, answers, null, cancellationToken).ConfigureAwait(false);
            return Counted(guard, guard.Count() is { Asked: > 0, Decided: 0 } ? GroupRanking.None(answers) : Rewards(ranking));
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(failure) != FailureScope.Run)
        {
            return Counted(guard, GroupRanking.None(answers));
        }
    }

    private static GroupRanking Counted(GuardedJudge guard, IReadOnlyList<double> rewards)
    {
        (int asked, int decided, Usage usage) = guard.Count();
        return new GroupRanking(rewards, asked, asked - decided, usage, guard.Failure);
    }

    private static double[] Rewards(Ranking ranking) => [.. ranking.Rewards.Select(reward => reward ?? double.NaN)];
}
