namespace RewardReasoning.Ratings;

/// <summary>
/// Bradley-Terry strengths where ties are a third result (Davidson 1970; for votes of judges arXiv 2512.03019): with d = θi − θj,
/// P(i) = e^(d/2)/Z, P(j) = e^(−d/2)/Z and P(tie) = ν/Z, Z being their sum. The strengths and η = ln ν maximise the likelihood under the
/// prior −(λ/2) (Σ θ² + η²), which is concave. <see cref="BradleyTerry"/> counts a tie as half a point each, whatever ties say about how
/// often they are called.
/// </summary>
internal static class Davidson
{
    /// <summary>The most players: steps take time with their cube and memory with their square.</summary>
    public const int MostPlayers = 2000;

    private const int MaxSteps = 200;
    private const double StepTolerance = 1e-10;
    private const double TrustedStep = 1e-4;

    /// <summary>Holds the common shift of the strengths as exactly as the rest; see <see cref="DenseSystem"/>.</summary>
    private const double ShiftWeight = 0.5;

    /// <summary>Fits all players' strengths and ν. Missing matches count for nothing, and so does the order of the matches.</summary>
    /// <param name="players">How many players there are, those without a match included.</param>
    /// <param name="matches">Who met whom.</param>
    /// <param name="lambda">Weight of the prior, above 0.</param>
    /// <exception cref="ArgumentException">A match names a player that is not there or one player twice, or there are too many.</exception>
    public static BradleyTerryFit Fit(int players, IReadOnlyList<MatchResult> matches, double lambda = BradleyTerry.DefaultLambda)
    {
        ArgumentNullException.ThrowIfNull(matches);
        ArgumentOutOfRangeException.ThrowIfNegative(players);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(players, MostPlayers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lambda);
        MatchResult.Check(players, matches);
        Pair[] pairs = PairsOf(matches);
        double[] parameters = new double[players + 1];
        double[][] factor = [.. Enumerable.Range(1, players + 1).Select(length => new double[length])];
        double[] gradient = new double[players + 1];
        double[] tried = new double[players + 1];
        double value = LogPosterior(pairs, parameters, lambda);
        for (int step = 0; step < MaxSteps; step++)
        {
            Differentiate(pairs, parameters, lambda, gradient, factor);
            double[] direction = Cholesky.Solve(factor, gradient);
            double longest = direction.Max(Math.Abs);
            for (double length = 1; ; length /= 2)
            {
                for (int i = 0; i < tried.Length; i++)
                {
                    tried[i] = parameters[i] + (length * direction[i]);
                }

                double reached = LogPosterior(pairs, tried, lambda);
                if (reached > value || longest * length < TrustedStep)
                {
                    value = reached;
                    break;
                }
            }

            tried.CopyTo(parameters, 0);
            if (longest < StepTolerance)
            {
                break;
            }
        }

        Differentiate(pairs, parameters, lambda, gradient, factor);
        double shared = 1 / (players * (lambda + ShiftWeight));
        return new BradleyTerryFit
        {
            Strengths = parameters[..players],
            StandardErrors =
            [
                .. Enumerable.Range(0, players).Select(player => Math.Sqrt(Math.Max(0, VarianceOf(factor, player) - shared))),
            ],
            TieParameter = Math.Exp(parameters[players]),
        };
    }

    /// <summary>The logarithm of the posterior, up to a constant; the last parameter is η.</summary>
    internal static double LogPosterior(IReadOnlyList<Pair> pairs, double[] parameters, double lambda)
    {
        double eta = parameters[^1];
        double sum = 0;
        foreach (Pair pair in pairs)
        {
            double half = (parameters[pair.First] - parameters[pair.Second]) / 2;
            double most = Math.Max(Math.Abs(half), eta);
            double logZ = most + Math.Log(Math.Exp(half - most) + Math.Exp(-half - most) + Math.Exp(eta - most));
            sum += (pair.FirstWins * half) - (pair.SecondWins * half) + (pair.Ties * eta) - (pair.Matches * logZ);
        }

        foreach (double parameter in parameters)
        {
            sum -= lambda / 2 * parameter * parameter;
        }

        return sum;
    }

    internal static Pair[] PairsOf(IEnumerable<MatchResult> matches)
    {
        Dictionary<(int, int), (int Lower, int Higher, int Ties)> counts = [];
        foreach (MatchResult match in matches.Where(match => match.FirstPoints is not null))
        {
            (int, int) key = match.First < match.Second ? (match.First, match.Second) : (match.Second, match.First);
            (int lower, int higher, int ties) = counts.GetValueOrDefault(key);
            counts[key] =
                match.Outcome == MatchOutcome.Tie ? (lower, higher, ties + 1)
                : (match.Outcome == MatchOutcome.First) == (match.First < match.Second) ? (lower + 1, higher, ties)
                : (lower, higher + 1, ties);
        }

        // In the order of the pairs, so that the order of the matches cannot change a single bit.
        return
        [
            .. counts
                .OrderBy(entry => entry.Key)
                .Select(entry => new Pair(entry.Key.Item1, entry.Key.Item2, entry.Value.Lower, entry.Value.Higher, entry.Value.Ties)),
        ];
    }

    /// <summary>The gradient, and the Cholesky factor of the negative Hessian.</summary>
    private static void Differentiate(Pair[] pairs, double[] parameters, double lambda, double[] gradient, double[][] factor)
    {
        int players = parameters.Length - 1;
        for (int i = 0; i <= players; i++)
        {
            gradient[i] = -lambda * parameters[i];
            Array.Fill(factor[i], i < players ? ShiftWeight / players : 0);
            factor[i][i] += lambda;
        }

        foreach (Pair pair in pairs)
        {
            (double first, double second, double tie) = Probabilities(
                parameters[pair.First] - parameters[pair.Second],
                parameters[players]
            );
            double surprise = ((pair.FirstWins - pair.SecondWins) - (pair.Matches * (first - second))) / 2;
            gradient[pair.First] += surprise;
            gradient[pair.Second] -= surprise;
            gradient[players] += pair.Ties - (pair.Matches * tie);
            double information = pair.Matches * (first + second - ((first - second) * (first - second))) / 4;
            factor[pair.First][pair.First] += information;
            factor[pair.Second][pair.Second] += information;
            factor[Math.Max(pair.First, pair.Second)][Math.Min(pair.First, pair.Second)] -= information;
            double cross = -pair.Matches * tie * (first - second) / 2;
            factor[players][pair.First] += cross;
            factor[players][pair.Second] -= cross;
            factor[players][players] += pair.Matches * tie * (1 - tie);
        }

        Cholesky.Factorise(factor);
    }

    /// <summary>The probabilities of a pair whose strengths differ by d.</summary>
    internal static (double First, double Second, double Tie) Probabilities(double difference, double eta)
    {
        double half = difference / 2;
        double most = Math.Max(Math.Abs(half), eta);
        double first = Math.Exp(half - most),
            second = Math.Exp(-half - most),
            tie = Math.Exp(eta - most);
        double sum = first + second + tie;
        return (first / sum, second / sum, tie / sum);
    }

    private static double VarianceOf(double[][] factor, int player)
    {
        double[] unit = new double[factor.Length];
        unit[player] = 1;
        return Cholesky.Solve(factor, unit)[player];
    }

    /// <summary>The results of two players that met.</summary>
    internal readonly record struct Pair(int First, int Second, int FirstWins, int SecondWins, int Ties)
    {
        public int Matches => FirstWins + SecondWins + Ties;
    }
}
