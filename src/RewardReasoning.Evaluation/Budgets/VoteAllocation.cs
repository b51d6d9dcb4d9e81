using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Budgets;

/// <summary>
/// Spends a budget on votes over many pairs, where they can still change an outcome (the problem of ROBIN-HOOD, arXiv 2602.15481, for
/// verdicts in place of scores). Each pair gets a vote, in order; then, round by round, those pairs get another whose index
/// (<see cref="VoteIndex"/>) is highest for what their votes cost. What the index must know of the judge is learnt from all votes so far,
/// apart for pairs whose first vote was equally unsure. Rounds depend on votes and their cost alone, never on which answer came first: the
/// same votes give the same outcome.
/// </summary>
/// <param name="pairs">The pairs.</param>
/// <param name="budget">What may be spent.</param>
internal sealed class VoteAllocation(IReadOnlyList<IBudgetedPair> pairs, VoteBudget budget)
{
    /// <summary>Votes of the smallest round: so many more than the budget covers may be under way when it is used up.</summary>
    public const int SmallestRound = 16;

    private const int LargestRound = 4096;

    /// <summary>A round takes this part of what is left at most, so that it ends without spending much too much.</summary>
    private const int PartOfTheRest = 4;

    private const int MostGroups = 8;
    private const int SmallestGroup = 8;

    /// <summary>How many pairs' worth the whole file is to what is learnt of a group.</summary>
    private const double FileStrength = 8;

    private int[] _groups = [];
    private double[] _doubts = [];

    /// <summary>What was spent so far.</summary>
    public long Spent => pairs.Sum(budget.SpentOn);

    private long Asked => pairs.Sum(pair => (long)pair.Asked);

    /// <summary>Asks for votes until the budget is used up, or none could change anything.</summary>
    /// <param name="afterRound">Called after each round with the pairs that it asked.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RewardReasoningException">The budget is in tokens, and the model does not report any.</exception>
    public async Task RunAsync(Func<IReadOnlyList<IBudgetedPair>, Task> afterRound, CancellationToken cancellationToken)
    {
        for (int next = 0; next < pairs.Count; )
        {
            int count = Math.Min(FirstVotes(), pairs.Count - next);
            if (count <= 0)
            {
                return; // what is left does not pay for a vote
            }

            await AskAsync([.. pairs.Skip(next).Take(count)], afterRound, cancellationToken).ConfigureAwait(false);
            next += count;
        }

        GroupByDoubt();
        while (Picked() is { Length: > 0 } picked)
        {
            await AskAsync(picked, afterRound, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AskAsync(
        IBudgetedPair[] asked,
        Func<IReadOnlyList<IBudgetedPair>, Task> afterRound,
        CancellationToken cancellationToken
    )
    {
        await Task.WhenAll(asked.Select(pair => pair.IsClosed ? Task.CompletedTask : pair.AskAsync(cancellationToken)))
            .ConfigureAwait(false);
        await afterRound(asked).ConfigureAwait(false);
        if (budget.InTokens && pairs.Any(pair => pair.First + pair.Second > 0) && Spent == 0)
        {
            throw new RunException(
                "The model does not report how many tokens it writes, so a budget of tokens cannot be kept. Give one of votes "
                    + "(--budget-votes)."
            );
        }
    }

    /// <summary>Of one vote; 0 of tokens before the first.</summary>
    private double MeanCost() =>
        !budget.InTokens ? 1
        : Asked == 0 ? 0
        : (double)Spent / Asked;

    private int FirstVotes()
    {
        double mean = MeanCost() * pairs[0].Step;
        double affordable = mean == 0 ? (budget.Limit > Spent ? SmallestRound : 0) : (budget.Limit - Spent) / mean;
        return (int)Math.Min(affordable, RoundOf(affordable, LargestRound));
    }

    private static int RoundOf(double affordable, int largest) => (int)Math.Clamp(affordable / PartOfTheRest, SmallestRound, largest);

    /// <summary>
    /// Parts the pairs into equal groups by how unsure their first votes were: by the probabilities at their verdict tokens where all are
    /// known, else by how much they wrote, as a judge thinks longer about what is hard for it.
    /// </summary>
    private void GroupByDoubt()
    {
        bool known = pairs.All(pair => pair.IsClosed || pair.Doubt is not null);
        _doubts = [.. pairs.Select(pair => known ? pair.Doubt ?? 1 : pair.Tokens)];
        int groups = Math.Clamp(pairs.Count / SmallestGroup, 1, MostGroups);
        int[] order = [.. Enumerable.Range(0, pairs.Count).OrderBy(pair => _doubts[pair]).ThenBy(pair => pair)];
        _groups = new int[pairs.Count];
        for (int rank = 0; rank < order.Length; rank++)
        {
            _groups[order[rank]] = (int)((long)rank * groups / order.Length);
        }
    }

    private IBudgetedPair[] Picked()
    {
        double rest = budget.Limit - Spent,
            mean = MeanCost();
        if (rest <= 0 || pairs.Count == 0)
        {
            return [];
        }

        double[][,] indices = Indices();
        int size = RoundOf(rest / (mean * pairs[0].Step), Math.Max(SmallestRound, Math.Min(LargestRound, pairs.Count / MostGroups)));
        List<IBudgetedPair> picked = [];
        foreach (
            (int pair, double cost, _) in Enumerable
                .Range(0, pairs.Count)
                .Where(pair => !pairs[pair].IsClosed && pairs[pair].Asked < pairs[pair].MaxVotes)
                .Select(pair => (Pair: pair, Cost: CostOf(pair, mean), Worth: WorthOf(pair, indices)))
                .Where(candidate => candidate.Worth > 0)
                .OrderByDescending(candidate => candidate.Worth / candidate.Cost)
                .ThenByDescending(candidate => _doubts[candidate.Pair])
                .ThenBy(candidate => candidate.Pair)
                .Take(size)
        )
        {
            if (cost > rest)
            {
                break;
            }

            rest -= cost;
            picked.Add(pairs[pair]);
        }

        return [.. picked];
    }

    /// <summary>What a pair's next vote is likely to cost: the mean of its votes so far and one that costs the mean of all.</summary>
    private double CostOf(int pair, double mean) => pairs[pair].Step * (mean + budget.SpentOn(pairs[pair])) / (1 + pairs[pair].Asked);

    /// <summary>The index, times the chance that a vote has a verdict at all.</summary>
    private double WorthOf(int at, double[][,] indices)
    {
        IBudgetedPair pair = pairs[at];
        (int leader, int other) = StateOf(pair);
        return indices[_groups[at]][leader, other] * (leader + other + 1) / (pair.Asked + 1);
    }

    private double[][,] Indices()
    {
        int[] open = [.. Enumerable.Range(0, pairs.Count).Where(pair => !pairs[pair].IsClosed)];
        double[] file = VotePrior.Fit(StatesOf(open), VotePrior.Uniform, strength: 1);
        ILookup<int, int> members = open.ToLookup(pair => _groups[pair]);
        return
        [
            .. Enumerable
                .Range(0, _groups.Max() + 1)
                .Select(group => VoteIndex.Of(VotePrior.Fit(StatesOf(members[group]), file, FileStrength), pairs[0].MaxVotes)),
        ];
    }

    private (int Leader, int Other, int Pairs)[] StatesOf(IEnumerable<int> members) =>
        [
            .. members
                .GroupBy(pair => StateOf(pairs[pair]))
                .OrderBy(state => state.Key)
                .Select(state => (state.Key.Leader, state.Key.Other, state.Count())),
        ];

    private static (int Leader, int Other) StateOf(IBudgetedPair pair) =>
        (Math.Max(pair.First, pair.Second), Math.Min(pair.First, pair.Second));
}
