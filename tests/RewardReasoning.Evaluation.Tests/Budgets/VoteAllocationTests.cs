using CsCheck;
using RewardReasoning.Evaluation.Budgets;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Budgets;

public sealed class VoteAllocationTests
{
    private const int MaxVotes = 9;

    private static readonly Gen<ScriptedPair> Pairs = Gen.Select(
        Gen.Frequency((9, Gen.Bool.Select(first => (bool?)first)), (1, Gen.Const((bool?)null))).Array[MaxVotes],
        Gen.Long[1, 400].Array[MaxVotes],
        Gen.Double[0, 0.5],
        (verdicts, tokens, doubt) => new ScriptedPair(verdicts, tokens, doubt)
    );

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>No order in which answers come changes who is asked how often, and no budget is passed by more than a smallest round.</summary>
    [Fact]
    public void RunAsync_AnyOrderOfAnswers_AsksTheSameVotesWithinTheBudget() =>
        Gen.Select(Pairs.Array[1, 120], Gen.Double[0.3, 6], Gen.Bool, Gen.Int)
            .Sample(
                (pairs, mean, inTokens, seed) =>
                {
                    VoteBudget budget = new(
                        Math.Max(1, (long)(mean * (inTokens ? pairs.Sum(pair => pair.TokensOf(0)) : pairs.Length))),
                        inTokens
                    );
                    int[] asked = Spend([.. pairs.Select(pair => pair.Again(null))], budget, out long spent);
                    int[] shuffled = Spend([.. pairs.Select(pair => pair.Again(new Random(seed)))], budget, out long again);

                    Assert.Equal(asked, shuffled);
                    Assert.Equal(spent, again);
                    Assert.All(asked, votes => Assert.InRange(votes, 0, MaxVotes));
                    Assert.InRange(spent, 0, budget.Limit + (inTokens ? 400L * VoteAllocation.SmallestRound : 0));
                },
                iter: 60
            );

    [Fact]
    public async Task RunAsync_SplitAndUnanimousPairs_SpendsOnTheSplitOnes()
    {
        ScriptedPair[] pairs =
        [
            .. Enumerable
                .Range(0, 100)
                .Select(i => new ScriptedPair(
                    [.. Enumerable.Range(0, MaxVotes).Select(vote => (bool?)(i >= 20 || vote % 3 != 1))],
                    [.. Enumerable.Repeat(10L, MaxVotes)],
                    doubt: null
                )),
        ];

        await new VoteAllocation(pairs, new VoteBudget(300, InTokens: false)).RunAsync(_ => Task.CompletedTask, Cancel);

        Assert.Equal(300, pairs.Sum(pair => pair.Asked));
        Assert.True(pairs[..20].Average(pair => pair.Asked) > 2 * pairs[20..].Average(pair => pair.Asked));
    }

    [Fact]
    public async Task RunAsync_FewUnsureFirstVotes_SpendsOnThesePairsFirst()
    {
        ScriptedPair[] pairs =
        [
            .. Enumerable
                .Range(0, 80)
                .Select(i => new ScriptedPair(
                    [.. Enumerable.Range(0, MaxVotes).Select(_ => (bool?)true)],
                    [.. Enumerable.Repeat(10L, MaxVotes)],
                    doubt: i % 8 == 0 ? 0.4 : 0.01
                )),
        ];

        await new VoteAllocation(pairs, new VoteBudget(90, InTokens: false)).RunAsync(_ => Task.CompletedTask, Cancel);

        Assert.Equal(90, pairs.Sum(pair => pair.Asked));
        Assert.All(pairs.Where((_, i) => i % 8 == 0), pair => Assert.Equal(2, pair.Asked));
    }

    [Fact]
    public async Task RunAsync_BudgetBelowOneVoteEach_LeavesTheLastPairsWithout()
    {
        ScriptedPair[] pairs = [.. Enumerable.Range(0, 60).Select(_ => new ScriptedPair([true, true, true], [10, 10, 10], doubt: null))];

        await new VoteAllocation(pairs, new VoteBudget(405, InTokens: true)).RunAsync(_ => Task.CompletedTask, Cancel);

        Assert.Equal(Enumerable.Repeat(1, 40).Concat(Enumerable.Repeat(0, 20)), pairs.Select(pair => pair.Asked));
    }

    [Fact]
    public async Task RunAsync_FirstRoundThatCostsMoreThanTheBudget_EndsThere()
    {
        ScriptedPair[] pairs = [.. Enumerable.Range(0, 40).Select(_ => new ScriptedPair([true, true], [100, 100], doubt: null))];

        await new VoteAllocation(pairs, new VoteBudget(500, InTokens: true)).RunAsync(_ => Task.CompletedTask, Cancel);

        Assert.Equal(Enumerable.Repeat(1, 16).Concat(Enumerable.Repeat(0, 24)), pairs.Select(pair => pair.Asked));
    }

    [Fact]
    public async Task RunAsync_TokensThatAreNotReported_AreAnErrorThatNamesTheOtherBudget()
    {
        ScriptedPair[] pairs = [new([true, true], [0, 0], doubt: null)];

        RewardReasoningException error = await Assert.ThrowsAnyAsync<RewardReasoningException>(() =>
            new VoteAllocation(pairs, new VoteBudget(100, InTokens: true)).RunAsync(_ => Task.CompletedTask, Cancel)
        );

        Assert.Contains("--budget-votes", error.Message, StringComparison.Ordinal);
    }

    private static int[] Spend(ScriptedPair[] pairs, VoteBudget budget, out long spent)
    {
        VoteAllocation allocation = new(pairs, budget);
        allocation.RunAsync(_ => Task.CompletedTask, Cancel).GetAwaiter().GetResult();
        spent = allocation.Spent;
        return [.. pairs.Select(pair => pair.Asked)];
    }

    private sealed class ScriptedPair(bool?[] verdicts, long[] tokens, double? doubt, Random? chance = null) : IBudgetedPair
    {
        public int First { get; private set; }

        public int Second { get; private set; }

        public int Asked { get; private set; }

        public int MaxVotes => verdicts.Length;

        public int Step => 1;

        public long Tokens { get; private set; }

        public double? Doubt => doubt;

        public bool IsClosed => false;

        public long TokensOf(int vote) => tokens[vote];

        public ScriptedPair Again(Random? order) => new(verdicts, tokens, doubt, order);

        public async Task AskAsync(CancellationToken cancellationToken)
        {
            for (int wait = chance?.Next(4) ?? 0; wait > 0; wait--)
            {
                await Task.Yield();
            }

            int vote = Asked++;
            First += verdicts[vote] == true ? 1 : 0;
            Second += verdicts[vote] == false ? 1 : 0;
            Tokens += tokens[vote];
        }
    }
}
