namespace RewardReasoning.Ratings;

/// <summary>
/// Bradley-Terry strengths: θ maximises Σ w(i,j) ln σ(θi − θj) − (λ/2) Σ θ², w(i,j) being the points of i against j (a tie is half a
/// point on both sides). The weak prior λ keeps every strength finite, for players who won all their matches, have none, or never met
/// the others even through third ones; it also makes the strengths add up to 0.
/// <para>
/// Damped Newton steps. Up to <see cref="DenseLimit"/> players they and the standard errors come from a Cholesky factor of the Hessian;
/// beyond it from conjugate gradients over the pairs that met, one short solution per player for the standard errors, so time grows with
/// players × pairs and memory with pairs.
/// </para>
/// </summary>
public static class BradleyTerry
{
    /// <summary>The prior's weight where the caller names none.</summary>
    public const double DefaultLambda = 0.01;

    internal const int DenseLimit = 400;
    private const int MaxSteps = 200;
    private const double StepTolerance = 1e-10;
    private const double TrustedStep = 1e-4;

    /// <summary>Fits all players' strengths. Missing matches count for nothing, and the order of the matches for nothing either.</summary>
    /// <param name="players">How many players there are, those without a match included.</param>
    /// <param name="matches">Who met whom.</param>
    /// <param name="lambda">Weight of the prior, above 0: 1 / its variance in squared logits.</param>
    /// <exception cref="ArgumentException">A match names a player that is not there, or one player twice.</exception>
    public static BradleyTerryFit Fit(int players, IReadOnlyList<MatchResult> matches, double lambda = DefaultLambda)
    {
        ArgumentNullException.ThrowIfNull(matches);
        ArgumentOutOfRangeException.ThrowIfNegative(players);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lambda);
        MatchResult.Check(players, matches);
        PairPoints points = PairPoints.Of(players, matches);
        ISystemOfPairs system = players <= DenseLimit ? new DenseSystem(points, lambda) : new SparseSystem(points, lambda);
        double[] strengths = new double[players];
        Maximise(points, lambda, strengths, system);
        return new BradleyTerryFit
        {
            Strengths = strengths,
            StandardErrors = [.. system.CentredVariances().Select(variance => Math.Sqrt(Math.Max(0, variance)))],
        };
    }

    /// <summary>Moves <paramref name="strengths"/> to the maximum; the system is left at the Hessian there.</summary>
    internal static void Maximise(PairPoints points, double lambda, double[] strengths, ISystemOfPairs system)
    {
        double value = points.LogPosterior(strengths, lambda);
        double[] gradient = new double[strengths.Length];
        double[] tried = new double[strengths.Length];
        for (int step = 0; step < MaxSteps; step++)
        {
            points.Gradient(strengths, lambda, gradient);
            system.Update(strengths);
            double[] direction = system.Solve(gradient);
            double longest = direction.Aggregate(0.0, (most, move) => Math.Max(most, Math.Abs(move)));
            for (double length = 1; ; length /= 2)
            {
                for (int i = 0; i < strengths.Length; i++)
                {
                    tried[i] = strengths[i] + (length * direction[i]);
                }

                // Close to the maximum the whole step is right, and what it gains is below the rounding of the sum.
                double reached = points.LogPosterior(tried, lambda);
                if (reached > value || longest * length < TrustedStep)
                {
                    value = reached;
                    break;
                }
            }

            tried.CopyTo(strengths, 0);
            if (longest < StepTolerance)
            {
                break;
            }
        }

        system.Update(strengths);
    }
}
