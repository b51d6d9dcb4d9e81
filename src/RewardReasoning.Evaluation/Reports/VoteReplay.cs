using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// Voting with fewer votes, or shorter reasoning, than in the run, from its recorded votes. With m of n votes drawn without
/// replacement, P(i right, j wrong) = C(r,i) C(w,j) C(u,m-i-j) / C(n,m); a majority decides, a draw is a coin's toss, and no verdict at all
/// is wrong. The expectation is exact, not sampled.
/// </summary>
internal sealed class VoteReplay
{
    private const int MostVotes = 64;
    private static readonly double[] TokenQuantiles = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];

    private readonly Dictionary<string, int> _rows = [];
    private readonly List<(int Row, Tally Votes, ReasonedVote[] Reasoned)> _comparisons = [];

    /// <summary>A vote's tokens of reasoning and whether it is right; null without a verdict.</summary>
    private readonly record struct ReasonedVote(int Tokens, bool? IsRight);

    private readonly record struct Tally(int Right, int Wrong, int Missing)
    {
        public int Count => Right + Wrong + Missing;
    }

    public void Add(AnalysedComparison comparison)
    {
        if (!comparison.HasGold || comparison.Votes.Count == 0)
        {
            return;
        }

        if (!_rows.TryGetValue(comparison.Row, out int row))
        {
            _rows[comparison.Row] = row = _rows.Count;
        }

        ReasonedVote[] reasoned = [.. comparison.Votes.Select(vote => new ReasonedVote(TokensOf(vote), comparison.IsRightVote(vote)))];
        _comparisons.Add(
            (
                row,
                new Tally(
                    reasoned.Count(one => one.IsRight == true),
                    reasoned.Count(one => one.IsRight == false),
                    reasoned.Count(one => one.IsRight is null)
                ),
                reasoned
            )
        );
    }

    /// <summary>Whether comparisons have different numbers of votes.</summary>
    public bool VotesDiffer => _comparisons.Select(comparison => comparison.Votes.Count).Distinct().Count() > 1;

    /// <summary>Mean tokens of reasoning a vote; null if none are known.</summary>
    public double? MeanTokens =>
        _comparisons.SelectMany(comparison => comparison.Reasoned).Select(one => (double)one.Tokens).DefaultIfEmpty(0).Average()
            is > 0
                and var mean
            ? mean
            : null;

    /// <summary>The curve by votes; empty where no comparison has two.</summary>
    public IReadOnlyList<CurvePoint> ByVotes(Bootstrap bootstrap)
    {
        int most = Math.Min(MostVotes, _comparisons.Select(comparison => comparison.Votes.Count).DefaultIfEmpty(0).Max());
        Dictionary<(Tally, int), double> known = [];
        return most < 2
            ? []
            :
            [
                .. Enumerable
                    .Range(1, most)
                    .Select(drawn =>
                        Point(
                            drawn,
                            bootstrap,
                            _comparisons.Select(comparison =>
                            {
                                if (!known.TryGetValue((comparison.Votes, drawn), out double right))
                                {
                                    right = known[(comparison.Votes, drawn)] = Right(
                                        comparison.Votes.Right,
                                        comparison.Votes.Wrong,
                                        comparison.Votes.Missing,
                                        drawn
                                    );
                                }

                                return right;
                            })
                        )
                    ),
            ];
    }

    /// <summary>The curve by a limit on reasoning: votes with longer reasoning are left out, and a coin decides if none is left.</summary>
    public IReadOnlyList<CurvePoint> ByTokens(Bootstrap bootstrap)
    {
        int[] tokens = [.. _comparisons.SelectMany(comparison => comparison.Reasoned).Select(one => one.Tokens).Order()];
        return tokens.Length == 0 || tokens[^1] == 0
            ? []
            :
            [
                .. TokenQuantiles
                    .Select(quantile => tokens[(int)Math.Round(quantile * (tokens.Length - 1))])
                    .Where(limit => limit > 0)
                    .Distinct()
                    .Select(limit =>
                        Point(
                            limit,
                            bootstrap,
                            _comparisons.Select(comparison =>
                            {
                                int lead = comparison
                                    .Reasoned.Where(one => one.Tokens <= limit)
                                    .Sum(one =>
                                        one.IsRight switch
                                        {
                                            true => 1,
                                            false => -1,
                                            _ => 0,
                                        }
                                    );
                                return lead switch
                                {
                                    > 0 => 1,
                                    0 => 0.5,
                                    _ => 0.0,
                                };
                            })
                        )
                    ),
            ];
    }

    /// <summary>Probability that the majority of drawn votes is right.</summary>
    /// <param name="right">Right votes.</param>
    /// <param name="wrong">Wrong votes.</param>
    /// <param name="missing">Votes without a verdict.</param>
    /// <param name="drawn">How many of all these are drawn; all where there are fewer.</param>
    internal static double Right(int right, int wrong, int missing, int drawn)
    {
        int total = right + wrong + missing;
        int count = Math.Min(drawn, total);
        double sum = 0;
        for (int i = 0; i <= Math.Min(right, count); i++)
        {
            for (int j = 0; j <= Math.Min(wrong, count - i); j++)
            {
                double weight =
                    i > j ? 1
                    : i == j && i > 0 ? 0.5
                    : 0;
                sum +=
                    weight == 0 || count - i - j > missing
                        ? 0
                        : weight * Choose(right, i) * Choose(wrong, j) * Choose(missing, count - i - j);
            }
        }

        return total == 0 ? 0 : sum / Choose(total, count);
    }

    private static double Choose(int n, int k)
    {
        double product = 1;
        for (int i = 1; i <= k; i++)
        {
            product *= (double)(n - k + i) / i;
        }

        return product;
    }

    private static int TokensOf(Vote vote) => (int)Math.Min(vote.Usage.ReasoningTokens ?? vote.GeneratedTokens, int.MaxValue);

    /// <summary>The mean of a value of each comparison, with an interval over rows.</summary>
    private CurvePoint Point(double x, Bootstrap bootstrap, IEnumerable<double> values)
    {
        double[] sums = new double[_rows.Count];
        int[] counts = new int[_rows.Count];
        foreach ((double value, int row) in values.Zip(_comparisons, (value, comparison) => (value, comparison.Row)))
        {
            sums[row] += value;
            counts[row]++;
        }

        Interval interval = bootstrap.Of(
            [sums.Length],
            drawn =>
            {
                double sum = 0;
                double count = 0;
                for (int row = 0; row < sums.Length; row++)
                {
                    sum += drawn[0][row] * sums[row];
                    count += drawn[0][row] * counts[row];
                }

                return sum / count;
            }
        );
        return new CurvePoint(x, interval.Value, interval.Low, interval.High);
    }
}
