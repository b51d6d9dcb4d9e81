using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using RewardReasoning.Judging;
using RewardReasoning.Server;
using RewardReasoning.Storage;

namespace RewardReasoning.Bench;

/// <summary>
/// A server of rewards under steady work for minutes, with a judge that answers at once and an SQLite store: waves of 64 groups of 8 over
/// 64 connections that are opened anew for each, members twice and attempts that are replaced among them, and between the waves what the
/// page and Prometheus ask. Memory is sampled between waves (working set of the process, client included, and managed heap after a
/// collection): its means over each fifth of the time are reported, and its slope over the second half with its 95 % interval.
/// Arguments: minutes (10), and <c>memory</c> for a server without a store.
/// </summary>
internal static class SoakBenchmark
{
    private const int Groups = 64;
    private const int Size = 8;
    private const int Connections = 64;
    private const double MegaByte = 1 << 20;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(string[] args)
    {
        TimeSpan length = TimeSpan.FromMinutes(args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 10);
        bool stores = !args.Contains("memory");
        Machine.Print();
        string folder = Directory.CreateTempSubdirectory("rrm-bench-").FullName;
        try
        {
            using SqliteCompletionStore? store = stores ? SqliteCompletionStore.Open(Path.Combine(folder, "store.db")) : null;
            using OpenedJudge judge = JudgeFactory.Open(new LargerNumberClient(), new JudgeOptions { Order = VoteOrder.Given });
            await using JudgeServer server = await JudgeServer.StartAsync(
                new ServedModel
                {
                    Name = "instant",
                    Judge = judge,
                    Store = store,
                },
                new JudgeServerOptions { Port = 0 }
            );
            return await RunAsync(server, length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RunAsync(JudgeServer server, TimeSpan length)
    {
        using HttpClient watcher = new();
        List<(double Minutes, double WorkingSet, double Heap)> samples = [];
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan nextSample = TimeSpan.Zero;
        long rewards = 0;
        int wrong = 0;
        int waves = 0;
        for (; watch.Elapsed < length; waves++)
        {
            RewardArrival[] order = RewardArrival.Shuffled($"wave-{waves}", Groups, Size, new Random(waves));
            (int final, int mixed) = RewardArrival.Count(await WaveAsync(server.Url, order), Size);
            (rewards, wrong) = (rewards + final, wrong + mixed);
            foreach (string path in (string[])["/metrics", "/v1/cohorts", "/v1/judgments?limit=50", "/v1/jobs"])
            {
                await watcher.GetByteArrayAsync(new Uri(server.Url, path));
            }

            if (watch.Elapsed >= nextSample)
            {
                using Process self = Process.GetCurrentProcess();
                samples.Add((watch.Elapsed.TotalMinutes, self.WorkingSet64 / MegaByte, HeapAfterCollection()));
                nextSample += Every;
            }
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{rewards} rewards in {waves} waves and {watch.Elapsed.TotalMinutes:0.0} minutes, {wrong} groups wrong; {samples.Count} samples of memory"
            )
        );
        Print("working set", length, [.. samples.Select(sample => (sample.Minutes, sample.WorkingSet))]);
        Print("managed heap after a collection", length, [.. samples.Select(sample => (sample.Minutes, sample.Heap))]);
        return wrong == 0 ? 0 : 1;
    }

    private static async Task<IReadOnlyCollection<(RewardArrival Member, double? Reward)>> WaveAsync(Uri url, RewardArrival[] order)
    {
        ConcurrentQueue<RewardArrival> arriving = new(order);
        ConcurrentQueue<(RewardArrival Member, string Id)> waiting = new();
        ConcurrentBag<(RewardArrival Member, double? Reward)> answers = [];
        await Task.WhenAll(
            Enumerable
                .Range(0, Connections)
                .Select(async _ =>
                {
                    using RewardConnection connection = await RewardConnection.OpenAsync(url);
                    while (arriving.TryDequeue(out RewardArrival? member))
                    {
                        Take(member, await connection.SubmitAsync(member, Size, 0));
                    }

                    while (waiting.TryDequeue(out (RewardArrival Member, string Id) next))
                    {
                        Take(next.Member, await connection.PollAsync(next.Id, 10));
                    }
                })
        );
        return answers;

        void Take(RewardArrival member, RewardReply reply)
        {
            if (reply.IsDone)
            {
                answers.Add((member, reply.Reward));
            }
            else
            {
                waiting.Enqueue((member, reply.Id ?? throw new InvalidOperationException($"The answer has no id: {reply.Status}.")));
            }
        }
    }

    private static double HeapAfterCollection() => GC.GetTotalMemory(forceFullCollection: true) / MegaByte;

    private static void Print(string what, TimeSpan length, (double Minutes, double Value)[] all)
    {
        double[] fifths =
        [
            .. all.GroupBy(sample => Math.Min(4, (int)(5 * sample.Minutes / length.TotalMinutes)))
                .OrderBy(fifth => fifth.Key)
                .Select(fifth => fifth.Average(sample => sample.Value)),
        ];
        (double Minutes, double Value)[] samples = [.. all.Where(sample => sample.Minutes >= length.TotalMinutes / 2)];
        if (samples.Length < 3)
        {
            Console.WriteLine($"{what}: {samples.Length} samples are too few for a slope; soak for longer.");
            return;
        }

        double meanX = samples.Average(sample => sample.Minutes);
        double meanY = samples.Average(sample => sample.Value);
        double spread = samples.Sum(sample => (sample.Minutes - meanX) * (sample.Minutes - meanX));
        double slope = samples.Sum(sample => (sample.Minutes - meanX) * (sample.Value - meanY)) / spread;
        double rest = samples.Sum(sample => Math.Pow(sample.Value - meanY - (slope * (sample.Minutes - meanX)), 2));
        double half = 1.96 * Math.Sqrt(rest / (samples.Length - 2) / spread);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: means of fifths {string.Join(", ", fifths.Select(mean => mean.ToString("0.0", CultureInfo.InvariantCulture)))} MiB; "
                    + $"slope of the second half {slope:+0.00;-0.00} MiB a minute ({slope - half:+0.00;-0.00} to {slope + half:+0.00;-0.00})"
            )
        );
    }
}
