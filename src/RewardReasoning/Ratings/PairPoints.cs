namespace RewardReasoning.Ratings;

/// <summary>The points of every pair of players that met.</summary>
internal sealed class PairPoints
{
    private readonly Pair[] _pairs;

    private PairPoints(int players, Pair[] pairs)
    {
        Players = players;
        _pairs = pairs;
    }

    public int Players { get; }

    public ReadOnlySpan<Pair> Pairs => _pairs;

    public static PairPoints Of(int players, IEnumerable<MatchResult> matches)
    {
        Dictionary<(int, int), (double Lower, double Higher)> sums = [];
        foreach (MatchResult match in matches)
        {
            if (match.FirstPoints is { } points)
            {
                bool inOrder = match.First < match.Second;
                (int, int) key = inOrder ? (match.First, match.Second) : (match.Second, match.First);
                (double lower, double higher) = sums.GetValueOrDefault(key);
                sums[key] = inOrder ? (lower + points, higher + 1 - points) : (lower + 1 - points, higher + points);
            }
        }

        // Sums are taken in the order of the pairs, so the order of the matches cannot change a single bit.
        return new(
            players,
            [
                .. sums.OrderBy(entry => entry.Key)
                    .Select(entry => new Pair(entry.Key.Item1, entry.Key.Item2, entry.Value.Lower, entry.Value.Higher)),
            ]
        );
    }

    public double LogPosterior(double[] strengths, double lambda)
    {
        double sum = 0;
        foreach (ref readonly Pair pair in Pairs)
        {
            double difference = strengths[pair.First] - strengths[pair.Second];
            sum += (pair.FirstPoints * Logistic.Log(difference)) + (pair.SecondPoints * Logistic.Log(-difference));
        }

        foreach (double strength in strengths)
        {
            sum -= lambda / 2 * strength * strength;
        }

        return sum;
    }

    public void Gradient(double[] strengths, double lambda, double[] gradient)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            gradient[i] = -lambda * strengths[i];
        }

        foreach (ref readonly Pair pair in Pairs)
        {
            double surprise = pair.FirstPoints - (pair.Matches * Logistic.Of(strengths[pair.First] - strengths[pair.Second]));
            gradient[pair.First] += surprise;
            gradient[pair.Second] -= surprise;
        }
    }

    /// <summary>Fisher information about the difference of each pair, in the order of <see cref="Pairs"/>.</summary>
    public void Information(double[] strengths, double[] information)
    {
        for (int at = 0; at < _pairs.Length; at++)
        {
            double difference = Math.Abs(strengths[_pairs[at].First] - strengths[_pairs[at].Second]);
            double rarer = Logistic.Of(-difference);
            information[at] = _pairs[at].Matches * rarer * (1 - rarer);
        }
    }

    internal readonly record struct Pair(int First, int Second, double FirstPoints, double SecondPoints)
    {
        public double Matches => FirstPoints + SecondPoints;
    }
}
