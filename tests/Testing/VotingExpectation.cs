using RewardReasoning.Judging;

namespace RewardReasoning.Testing;

/// <summary>
/// What voting costs and how often it is right, exactly, for a judge whose votes are right independently with one probability: the
/// product's own stopping rule, run through all sequences of votes with their weights. Sequences with equal counts are one state.
/// </summary>
/// <param name="Votes">Expected number of votes.</param>
/// <param name="Accuracy">Probability that the right response wins; a draw counts half, as a coin decides it.</param>
public sealed record VotingExpectation(double Votes, double Accuracy)
{
    /// <summary>
    /// The expectation for a judge that is right with probability <paramref name="quality"/>, with at most so many votes.
    /// </summary>
    public static VotingExpectation Of(VoteStopping stopping, int maxVotes, double quality)
    {
        SortedDictionary<(int Asked, int Right), double> open = new() { [(0, 0)] = 1 };
        double votes = 0,
            accuracy = 0;
        while (open.Count > 0)
        {
            ((int asked, int right), double weight) = open.First();
            open.Remove((asked, right));
            int wrong = asked - right;
            if (StoppingRule.EndAt(stopping, right, wrong, maxVotes - asked) is not null)
            {
                votes += weight * asked;
                accuracy +=
                    weight
                    * (
                        right > wrong ? 1
                        : right == wrong ? 0.5
                        : 0
                    );
                continue;
            }

            int next = StoppingRule.FewestToEnd(stopping, right, wrong, maxVotes - asked);
            for (int more = 0; more <= next; more++)
            {
                (int, int) state = (asked + next, right + more);
                open[state] =
                    open.GetValueOrDefault(state)
                    + (weight * Binomial(next, more) * Math.Pow(quality, more) * Math.Pow(1 - quality, next - more));
            }
        }

        return new(votes, accuracy);
    }

    private static double Binomial(int n, int k)
    {
        double value = 1;
        for (int i = 1; i <= k; i++)
        {
            value = value * (n - k + i) / i;
        }

        return value;
    }
}
