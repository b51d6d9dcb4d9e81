using System.Diagnostics;
using System.Globalization;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;

namespace RewardReasoning.Bench;

/// <summary>
/// Votes over a server of which a part of the connections fall silent, against the same server in health. Arguments: votes (1,800),
/// milliseconds of an answer (20), silent ones of a hundred (7), requests in flight (16).
/// </summary>
internal static class SilentBenchmark
{
    private const int VotesOfAJudgment = 9;

    public static async Task<int> RunAsync(string[] args)
    {
        int[] given = [.. args.Select(arg => int.Parse(arg, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];
        int[] numbers = [.. given, .. new[] { 1_800, 20, 7, 16 }.Skip(given.Length)];
        Machine.Print();
        double healthy = await MeasureAsync("healthy", numbers, silent: 0);
        double hindered = await MeasureAsync($"{numbers[2]} % silent", numbers, numbers[2]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{hindered / healthy:0.00} times the healthy time"));
        return 0;
    }

    private static async Task<double> MeasureAsync(string name, int[] numbers, int silent)
    {
        using InstantServer server = new(InstantServer.Judgment)
        {
            Delay = TimeSpan.FromMilliseconds(numbers[1]),
            SilentOfHundred = silent,
        };
        using EndpointChatClient client = new(new() { Url = server.Url, Model = "instant" });
        ReasoningJudge judge = new(client, new() { Votes = VotesOfAJudgment, Concurrency = numbers[3] });
        int pairs = numbers[0] / VotesOfAJudgment,
            missing = 0;
        Stopwatch watch = Stopwatch.StartNew();
        await Parallel.ForAsync(
            0,
            pairs,
            new ParallelOptions { MaxDegreeOfParallelism = numbers[3] },
            async (pair, cancellationToken) =>
            {
                Judgment judgment = await judge.JudgeAsync(new($"{pair}", "one", "two"), cancellationToken);
                Interlocked.Add(ref missing, judgment.Votes.Count(vote => vote.MissingReason is not null));
            }
        );
        double seconds = watch.Elapsed.TotalSeconds;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name, -12} {pairs * VotesOfAJudgment} votes, {missing} missing, {server.Requests} requests, {seconds:0.00} s"
            )
        );
        return seconds;
    }
}
