using System.Diagnostics;
using System.Globalization;
using RewardReasoning.Data.AnswerRows;
using RewardReasoning.Data.Rows;
using RewardReasoning.Verification;

namespace RewardReasoning.Bench;

/// <summary>
/// Answers verified a second, on all cores: every row of a file of gold and prediction, by its own rules, again and again; both texts are
/// read anew each time. The file is the argument, or the cases of the tests.
/// </summary>
internal static class VerifierBenchmark
{
    private const string Cases = "tests/RewardReasoning.Verification.Tests/cases.jsonl";
    private const int Rounds = 100;
    private const int Repeats = 5;

    public static async Task<int> RunAsync(string[] args)
    {
        Machine.Print();
        List<AnswerRow> rows = [];
        await foreach (DataRow row in RowReader.ReadAsync(args.Length > 0 ? args[0] : Cases))
        {
            if (row.Fields is { } fields)
            {
                rows.Add(AnswerRow.Read(fields, new VerifierOptions()));
            }
        }

        List<double> rates = [];
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            long start = Stopwatch.GetTimestamp();
            Parallel.For(0, Rounds * rows.Count, i => Verify(rows[i % rows.Count]));
            rates.Add(Rounds * rows.Count / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        double[] micros =
        [
            .. rows.Select(row =>
                {
                    long start = Stopwatch.GetTimestamp();
                    Verify(row);
                    return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
                })
                .Order(),
        ];
        rates.Sort();
        await Console.Out.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{rows.Count} rows, {Rounds} times, {Repeats} repeats: {rates[Repeats / 2]:0} a second (median; {rates[0]:0} to {rates[^1]:0}); one at a time: median {micros[micros.Length / 2]:0} µs, slowest {micros[^1] / 1000:0.0} ms"
            )
        );
        return 0;
    }

    private static void Verify(AnswerRow row) => new AnswerVerifier(row.Options).Verify(row.Gold, row.Prediction);
}
