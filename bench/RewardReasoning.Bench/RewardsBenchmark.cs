using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using RewardReasoning.Judging;
using RewardReasoning.Server;
using RewardReasoning.Storage;

namespace RewardReasoning.Bench;

/// <summary>
/// Groups of rewards over HTTP with a judge that answers at once: the members of all groups arrive shuffled over some connections, a tenth
/// of them twice, and of a tenth of the groups a part under an earlier attempt too. In every group the rewards must rise with the numbers
/// that are judged.
/// Arguments: groups (64), members (8), then numbers of connections (6 64 512); <c>store</c> keeps members and judgments in an SQLite
/// store. With fewer connections than members, clients submit all members and then poll; else the answers are held. Connections are open
/// before a round begins, and rounds run until the code is compiled before any is measured. On a machine with other work the processor time
/// of a reward, client and server together, is the steadier figure.
/// </summary>
internal static class RewardsBenchmark
{
    private const int Rounds = 5;
    private const int RewardsUntilWarm = 24_000;
    private const string WaitOfLast = "reward_reasoning.rewards.last_member_wait";

    public static async Task<int> RunAsync(string[] args)
    {
        bool stores = args.Contains("store");
        int[] given = [.. args.Where(arg => arg != "store").Select(arg => int.Parse(arg, CultureInfo.InvariantCulture))];
        (int groups, int size) = (
            given.ElementAtOrDefault(0) is > 0 and var g ? g : 64,
            given.ElementAtOrDefault(1) is > 1 and var s ? s : 8
        );
        int[] connections = given.Length > 2 ? given[2..] : [6, 64, 512];
        Machine.Print();
        string folder = Directory.CreateTempSubdirectory("rrm-bench-").FullName;
        try
        {
            using SqliteCompletionStore? store = stores ? SqliteCompletionStore.Open(Path.Combine(folder, "store.db")) : null;
            int wrong = 0;
            for (int round = -1; -round * groups * size <= RewardsUntilWarm; round--)
            {
                wrong += (await MeasureAsync(groups, size, connections[-round % connections.Length], round, store)).Wrong;
            }

            foreach (int count in connections)
            {
                List<Round> rounds = [];
                for (int round = 0; round < Rounds; round++)
                {
                    rounds.Add(await MeasureAsync(groups, size, count, round, store));
                }

                wrong += rounds.Sum(round => round.Wrong);
                Print(count, count < groups * size, rounds);
            }

            return wrong == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Print(int connections, bool polls, List<Round> rounds)
    {
        foreach (Round round in rounds)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{connections, 4} connections, {(polls ? "polled" : "held"), -6} {round.Rewards} rewards of {round.Requests} requests: "
                        + $"{round.PerSecond:0} rewards/s, {round.Processor:0.00} ms of processor and {round.Kilobytes:0} KB of memory a reward, "
                        + $"wait of the last member beyond judging p50 {round.Median:0.0} ms, p99 {round.Tail:0.0} ms, {round.Wrong} groups wrong"
                )
            );
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{connections, 4} connections, median of {rounds.Count} rounds: {Median(rounds, round => round.PerSecond):0} rewards/s, "
                    + $"{Median(rounds, round => round.Processor):0.00} ms, p99 {Median(rounds, round => round.Tail):0.0} ms"
            )
        );
    }

    private static double Median(List<Round> rounds, Func<Round, double> figure) => At([.. rounds.Select(figure).Order()], 0.5);

    private static async Task<Round> MeasureAsync(int groups, int size, int connections, int round, SqliteCompletionStore? store)
    {
        using OpenedJudge judge = JudgeFactory.Open(new LargerNumberClient(), new JudgeOptions { Order = VoteOrder.Given });
        await using JudgeServer server = await JudgeServer.StartAsync(
            new ServedModel
            {
                Name = "instant",
                Judge = judge,
                Store = store,
            },
            new JudgeServerOptions { Port = 0, MaxRequests = 100_000 }
        );
        bool polls = connections < groups * size;
        RewardArrival[] order = RewardArrival.Shuffled($"{Environment.TickCount64}-{round}-{connections}", groups, size, new Random(round));
        ConcurrentQueue<RewardArrival> arriving = new(order);
        ConcurrentQueue<(RewardArrival Member, string Id)> waiting = new();
        ConcurrentBag<(RewardArrival Member, double? Reward)> answers = [];
        ConcurrentBag<double> waits = [];
        using MeterListener listener = ListenTo(waits);
        RewardConnection[] open = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => RewardConnection.OpenAsync(server.Url)));
        long start = Stopwatch.GetTimestamp();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetTotalAllocatedBytes();
        await Task.WhenAll(open.Select(connection => Task.Run(() => WorkAsync(connection))));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double processor = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        Array.ForEach(open, connection => connection.Dispose());
        (int final, int wrong) = RewardArrival.Count(answers, size);
        double[] sorted = [.. waits.Order()];
        return new(
            final,
            order.Length,
            final / seconds,
            processor / final,
            allocated / 1e3 / final,
            1_000 * At(sorted, 0.5),
            1_000 * At(sorted, 0.99),
            wrong
        );

        async Task WorkAsync(RewardConnection connection)
        {
            while (arriving.TryDequeue(out RewardArrival? member))
            {
                RewardReply reply = await connection.SubmitAsync(member, size, polls ? 0 : 60);
                if (reply.IsDone)
                {
                    answers.Add((member, reply.Reward));
                }
                else
                {
                    waiting.Enqueue((member, reply.Id ?? throw new InvalidOperationException($"The answer has no id: {reply.Status}.")));
                }
            }

            while (waiting.TryDequeue(out (RewardArrival Member, string Id) next))
            {
                RewardReply reply = await connection.PollAsync(next.Id, 10);
                if (reply.IsDone)
                {
                    answers.Add((next.Member, reply.Reward));
                }
                else
                {
                    waiting.Enqueue(next);
                }
            }
        }
    }

    private static MeterListener ListenTo(ConcurrentBag<double> waits)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == WaitOfLast)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => waits.Add(seconds));
        listener.Start();
        return listener;
    }

    private static double At(double[] sorted, double share) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];

    private sealed record Round(
        int Rewards,
        int Requests,
        double PerSecond,
        double Processor,
        double Kilobytes,
        double Median,
        double Tail,
        int Wrong
    );
}
