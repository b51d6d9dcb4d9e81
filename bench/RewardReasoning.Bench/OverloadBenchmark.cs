using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using RewardReasoning.Judging;
using RewardReasoning.Server;

namespace RewardReasoning.Bench;

/// <summary>
/// More groups than a server takes: a judge that needs 5 ms for a match and judges 8 at once, places for 512 members, and 128 connections
/// that send groups of 8 as fast as they are answered, for a time. Members that are refused with 429 are sent again after a tenth of
/// Retry-After, so that the server stays over its limit. Then nothing new is sent, all that was accepted must get its own group's reward,
/// and a last wave within the limit must be taken whole. The waits of <c>/health</c> say whether the server still answers meanwhile.
/// Arguments: seconds of overload (20).
/// </summary>
internal static class OverloadBenchmark
{
    private const int Size = 8;
    private const int Places = 512;
    private const int Connections = 128;
    private const int AtOnce = 8;
    private static readonly TimeSpan Match = TimeSpan.FromMilliseconds(5);

    public static async Task<int> RunAsync(string[] args)
    {
        TimeSpan length = TimeSpan.FromSeconds(args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 20);
        Machine.Print();
        using OpenedJudge judge = JudgeFactory.Open(
            new LargerNumberClient(Match),
            new JudgeOptions { Order = VoteOrder.Given, Concurrency = AtOnce }
        );
        await using JudgeServer server = await JudgeServer.StartAsync(
            new ServedModel { Name = "slow", Judge = judge },
            new JudgeServerOptions { Port = 0, MaxMembers = Places }
        );
        Load load = new();
        using CancellationTokenSource end = new(length);
        Task<double[]> health = HealthAsync(server.Url, end.Token);
        Task[] clients =
        [
            .. Enumerable.Range(0, Connections).Select(client => Task.Run(() => SendAsync(server.Url, client, load, end.Token))),
        ];
        await Task.WhenAll(clients);
        Stopwatch recovery = Stopwatch.StartNew();
        await CollectAsync(server.Url, load);
        TimeSpan recovered = recovery.Elapsed;
        (int final, int wrong) = RewardArrival.Count(load.Answers, Size);
        double[] waits = await health;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{load.Accepted} members accepted and {load.Shed} requests refused with 429 in {length.TotalSeconds:0} s over {Connections} connections, "
                    + $"{load.WithoutTime} of them without Retry-After; /health p50 {At(waits, 0.5):0.0} ms, p99 {At(waits, 0.99):0.0} ms"
            )
        );
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{final} rewards, {load.Accepted - final} accepted members without one, {wrong} groups wrong; all were final {recovered.TotalSeconds:0.0} s after the last request"
            )
        );
        Load after = new();
        await Task.WhenAll(
            Enumerable
                .Range(0, Places / Size)
                .Select(async group =>
                {
                    using RewardConnection connection = await RewardConnection.OpenAsync(server.Url);
                    await SendGroupAsync(connection, $"after-{group}", after);
                })
        );
        await CollectAsync(server.Url, after);
        (int rewarded, int mixed) = RewardArrival.Count(after.Answers, Size);
        Console.WriteLine($"afterwards {Places} members at once: {rewarded} rewards, {after.Shed} refused, {mixed} groups wrong");
        bool isRight =
            wrong == 0 && final == load.Accepted && load.Shed > 0 && load.WithoutTime == 0 && after.Shed == 0 && rewarded == Places;
        return isRight ? 0 : 1;
    }

    private static async Task SendAsync(Uri url, int client, Load load, CancellationToken end)
    {
        using RewardConnection connection = await RewardConnection.OpenAsync(url);
        for (int group = 0; !end.IsCancellationRequested; group++)
        {
            await SendGroupAsync(connection, FormattableString.Invariant($"over-{client}-{group}"), load, end);
        }
    }

    /// <summary>Sends the members of a group until each is accepted; a group of which nobody was is given up at the end.</summary>
    private static async Task SendGroupAsync(RewardConnection connection, string name, Load load, CancellationToken end = default)
    {
        for (int index = 0; index < Size; index++)
        {
            RewardArrival member = new(name, 0, index, (index * 37 % 101) + 1);
            RewardReply reply = await connection.SubmitAsync(member, Size, 0);
            while (reply.Status == 429)
            {
                load.Refuse(reply.RetryAfter);
                if (end.IsCancellationRequested && index == 0)
                {
                    return;
                }

                await Task.Delay(TimeSpan.FromSeconds((reply.RetryAfter ?? 1) / 10.0), CancellationToken.None);
                reply = await connection.SubmitAsync(member, Size, 0);
            }

            load.Accept(member, reply);
        }
    }

    private static Task CollectAsync(Uri url, Load load) =>
        Task.WhenAll(
            Enumerable
                .Range(0, Connections)
                .Select(async _ =>
                {
                    using RewardConnection connection = await RewardConnection.OpenAsync(url);
                    while (load.Waiting.TryDequeue(out (RewardArrival Member, string Id) next))
                    {
                        load.Take(next.Member, await connection.PollAsync(next.Id, 10));
                    }
                })
        );

    private static async Task<double[]> HealthAsync(Uri url, CancellationToken end)
    {
        using HttpClient client = new();
        List<double> waits = [];
        while (!end.IsCancellationRequested)
        {
            long asked = Stopwatch.GetTimestamp();
            await client.GetByteArrayAsync(new Uri(url, "/health"), CancellationToken.None);
            waits.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            await Task.Delay(50, CancellationToken.None);
        }

        return [.. waits.Order()];
    }

    private static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];

    /// <summary>What became of the members that were sent. Safe to use from many threads.</summary>
    private sealed class Load
    {
        private int _accepted;
        private int _shed;
        private int _withoutTime;

        public int Accepted => _accepted;

        public int Shed => _shed;

        public int WithoutTime => _withoutTime;

        public ConcurrentQueue<(RewardArrival Member, string Id)> Waiting { get; } = new();

        public ConcurrentBag<(RewardArrival Member, double? Reward)> Answers { get; } = [];

        public void Refuse(int? retryAfter)
        {
            Interlocked.Increment(ref _shed);
            Interlocked.Add(ref _withoutTime, retryAfter is null ? 1 : 0);
        }

        public void Accept(RewardArrival member, RewardReply reply)
        {
            Interlocked.Increment(ref _accepted);
            Take(member, reply);
        }

        public void Take(RewardArrival member, RewardReply reply)
        {
            if (reply.IsDone)
            {
                Answers.Add((member, reply.Reward));
            }
            else
            {
                Waiting.Enqueue((member, reply.Id ?? throw new InvalidOperationException($"The answer has no id: {reply.Status}.")));
            }
        }
    }
}
