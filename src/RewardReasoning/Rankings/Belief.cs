using System.Numerics.Tensors;
using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>The normal posterior of the strengths: their means and covariance, the common shift left out.</summary>
internal sealed class Belief
{
    /// <summary>A smaller share of a variance is not worth an exponential.</summary>
    private const double Negligible = 1e-6;

    private readonly double[] _means;
    private readonly double[][] _covariance;
    private readonly int _leader;

    private Belief(double[] means, double[][] covariance)
    {
        _means = means;
        _covariance = covariance;
        _leader = means.IndexOf(means.Max());
    }

    public static Belief After(int candidates, IReadOnlyList<MatchResult> played, double priorPrecision)
    {
        PairPoints points = PairPoints.Of(candidates, played);
        DenseSystem system = new(points, priorPrecision);
        double[] means = new double[candidates];
        BradleyTerry.Maximise(points, priorPrecision, means, system);
        return new Belief(means, system.CentredCovariance());
    }

    /// <summary>The leader and those who may be better, the likeliest first.</summary>
    public int[] Challengers(double hopelessDeviations, int most) =>
        [
            .. Enumerable
                .Range(0, _means.Length)
                .Select(candidate =>
                    (
                        candidate,
                        Deviations: candidate == _leader
                            ? double.PositiveInfinity
                            : (_means[candidate] - _means[_leader]) / Math.Sqrt(VarianceOf(new(candidate, _leader)))
                    )
                )
                .Where(entry => entry.Deviations > -hopelessDeviations)
                .OrderByDescending(entry => entry.Deviations)
                .Take(most)
                .Select(entry => entry.candidate),
        ];

    /// <summary>p (1 − p): how much a match would say about the difference of the two.</summary>
    public double Information(Pairing pairing)
    {
        double rarer = Logistic.Of(-Math.Abs(_means[pairing.First] - _means[pairing.Second]));
        return rarer * (1 - rarer);
    }

    /// <summary>Variance of the difference of the two.</summary>
    public double VarianceOf(Pairing pairing) =>
        _covariance[pairing.First][pairing.First]
        + _covariance[pairing.Second][pairing.Second]
        - (2 * _covariance[pairing.First][pairing.Second]);

    /// <summary>The expected loss against each of the challengers under the present covariance.</summary>
    public Stake[] Stakes(int[] challengers) =>
        [
            .. challengers
                .Where(challenger => challenger != _leader)
                .Select(challenger =>
                {
                    double lead = _means[_leader] - _means[challenger];
                    double variance = VarianceOf(new(challenger, _leader));
                    return new Stake(challenger, lead, variance, ExpectedLoss(lead, variance));
                }),
        ];

    /// <summary>By how much a match would lower the expected loss of stopping with the leader, summed over the stakes.</summary>
    public double LossAverted(Pairing pairing, Stake[] stakes)
    {
        double information = Information(pairing);
        double share = information / (1 + (information * VarianceOf(pairing)));
        double[] first = _covariance[pairing.First];
        double[] second = _covariance[pairing.Second];
        double ofLeader = first[_leader] - second[_leader];
        double sum = 0;
        foreach (ref readonly Stake stake in stakes.AsSpan())
        {
            double shared = first[stake.Challenger] - second[stake.Challenger] - ofLeader;
            double averted = share * shared * shared;
            if (averted > Negligible * stake.Variance)
            {
                sum += stake.Loss - ExpectedLoss(stake.Lead, stake.Variance - averted);
            }
        }

        return sum;
    }

    /// <summary>The covariance as it will be after a match, whichever way it ends.</summary>
    public void Foresee(Pairing pairing)
    {
        double information = Information(pairing);
        double share = information / (1 + (information * VarianceOf(pairing)));
        double[] direction = new double[_means.Length];
        TensorPrimitives.Subtract(_covariance[pairing.First], _covariance[pairing.Second], direction);
        for (int row = 0; row < direction.Length; row++)
        {
            TensorPrimitives.MultiplyAdd(direction, -share * direction[row], _covariance[row], _covariance[row]);
        }
    }

    /// <summary>E[max(0, x)] of a normal x with mean −lead.</summary>
    private static double ExpectedLoss(double lead, double variance)
    {
        double deviation = Math.Sqrt(Math.Max(variance, 1e-12));
        double z = -lead / deviation;
        return (deviation * NormalDistribution.Density(z)) - (lead * NormalDistribution.Below(z));
    }

    /// <summary>
    /// One challenger: the leader's lead, its variance, and the expected loss of stopping although the challenger is better.
    /// </summary>
    internal readonly record struct Stake(int Challenger, double Lead, double Variance, double Loss);
}
