using System.Globalization;
using System.Text;
using RewardReasoning.Evaluation.Canaries;

namespace RewardReasoning.Bench;

/// <summary>
/// How often a canary calls an unchanged judge changed, and after how many pairs it finds one that has become worse by five points, in two
/// ways: every vote less sure, or some pairs decided the other way. Judges are simulated: a vote is right with a probability that differs
/// from pair to pair (Beta with the judge's accuracy as its mean), and the response shown first gets five points more in one pair of three.
/// Usage: <c>canary [--runs N] [--pairs N] [--out FOLDER]</c>; FOLDER/benchmarks.md gets the table between its marks.
/// </summary>
internal static class CanaryBenchmark
{
    private const double Alarm = 0.01;
    private const double Concentration = 4;
    private const double Points = 0.05;
    private const double Bias = 0.05;
    private static readonly double[] Accuracies = [0.95, 0.9, 0.8, 0.7];
    private static readonly (int Before, int Now)[] Votes = [(8, 4), (16, 8)];

    public static Task<int> RunAsync(string[] args)
    {
        int runs = int.Parse(Arguments.ValueOf(args, "--runs") ?? "1000", CultureInfo.InvariantCulture),
            pairs = int.Parse(Arguments.ValueOf(args, "--pairs") ?? "300", CultureInfo.InvariantCulture);
        Machine.Print();
        StringBuilder text = new();
        text.AppendLine(
            "| right | votes before, now | unchanged: false alarms | less sure by 5 points: found | pairs (median) | right less often | "
                + "other verdicts on some pairs: found | pairs (median) |"
        );
        text.AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (double accuracy in Accuracies)
        {
            double shift = ShiftOf(accuracy);
            foreach ((int before, int now) in Votes)
            {
                Found same = Run(runs, pairs, before, now, accuracy, (right, _) => right);
                Found lessSure = Run(runs, pairs, before, now, accuracy, (right, _) => Shifted(right, shift));
                double share = Points / ((2 * accuracy) - 1);
                Found others = Run(runs, pairs, before, now, accuracy, (right, random) => random.Chance(share) ? 1 - right : right);
                text.AppendLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"| {accuracy:0%} | {before}, {now} | {same.Count} of {runs:#,0} | {lessSure.Share:0.0%} | {lessSure.Median} | {lessSure.RightLessOften:0.0%} | {others.Share:0.0%} | {others.Median} |"
                    )
                );
            }
        }

        Console.WriteLine(text);
        if (Arguments.ValueOf(args, "--out") is { } output)
        {
            DocumentPart.Replace(Path.Combine(output, "benchmarks.md"), "canary", text.ToString());
        }

        return Task.FromResult(0);
    }

    private static Found Run(int runs, int pairs, int before, int now, double accuracy, Func<double, SeededRandom, double> change)
    {
        (int? Pairs, CanaryChange? Change)[] ends = new (int?, CanaryChange?)[runs];
        Parallel.For(
            0,
            runs,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            run =>
            {
                SeededRandom random = new((ulong)(run + 1));
                CanaryTest test = new(Alarm);
                for (int pair = 0; pair < pairs && !test.IsChanged; pair++)
                {
                    double right = Beta(random, accuracy * Concentration, (1 - accuracy) * Concentration),
                        later = change(right, random),
                        bias = random.Chance(1.0 / 3) ? Bias : 0;
                    test.Add(Cast(random, right, bias, before), Cast(random, later, bias, now), Verdict.First);
                    ends[run] = test.IsChanged ? (pair + 1, test.Change) : (null, null);
                }
            }
        );
        return new Found(runs, [.. ends.Where(end => end.Pairs is not null)]);
    }

    private static Vote[] Cast(SeededRandom random, double right, double bias, int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(index =>
                {
                    ShownOrder order = index % 2 == 0 ? ShownOrder.Given : ShownOrder.Swapped;
                    double first = Math.Clamp(right + (order == ShownOrder.Given ? bias : -bias), 0, 1);
                    return new Vote
                    {
                        Index = index,
                        Order = order,
                        Seed = index,
                        Verdict = random.Chance(first) ? Verdict.First : Verdict.Second,
                    };
                }),
        ];

    /// <summary>By how much all log-odds must fall for five points of accuracy, by bisection over many pairs.</summary>
    private static double ShiftOf(double accuracy)
    {
        SeededRandom random = new(7);
        double[] rights =
        [
            .. Enumerable.Range(0, 20_000).Select(_ => Beta(random, accuracy * Concentration, (1 - accuracy) * Concentration)),
        ];
        double low = 0,
            high = 5;
        for (int i = 0; i < 40; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = rights.Average(right => right - Shifted(right, middle)) < Points ? (middle, high) : (low, middle);
        }

        return low;
    }

    private static double Shifted(double right, double shift)
    {
        double odds = right / Math.Max(1 - right, 1e-12) * Math.Exp(-shift);
        return odds / (1 + odds);
    }

    /// <summary>Beta by two gammas (Marsaglia and Tsang 2000).</summary>
    private static double Beta(SeededRandom random, double a, double b)
    {
        double first = Gamma(random, a),
            second = Gamma(random, b);
        return first + second == 0 ? 0.5 : first / (first + second);
    }

    private static double Gamma(SeededRandom random, double shape)
    {
        if (shape < 1)
        {
            return Gamma(random, shape + 1) * Math.Pow(Math.Max(random.NextUnit(), double.Epsilon), 1 / shape);
        }

        double d = shape - (1.0 / 3),
            c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextUnit())) * Math.Cos(2 * Math.PI * random.NextUnit());
            double v = Math.Pow(1 + (c * normal), 3);
            if (v > 0 && Math.Log(1 - random.NextUnit()) < (0.5 * normal * normal) + d - (d * v) + (d * Math.Log(v)))
            {
                return d * v;
            }
        }
    }

    private sealed record Found(int Runs, (int? Pairs, CanaryChange? Change)[] Ends)
    {
        public int Count => Ends.Length;

        public double Share => (double)Count / Runs;

        public double RightLessOften => Count == 0 ? 0 : Ends.Count(end => end.Change == CanaryChange.RightLessOften) / (double)Count;

        /// <summary>Of all runs; "-" where half of them end without an alarm.</summary>
        public string Median =>
            2 * Count < Runs
                ? "-"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Ends.Select(end => end.Pairs).Order().ElementAt(Runs / 2 - (2 * Count == Runs ? 1 : 0))}"
                );
    }
}
