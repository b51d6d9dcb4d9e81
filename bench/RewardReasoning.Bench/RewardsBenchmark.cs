using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Server;

namespace RewardReasoning.Bench;

/// <summary>
/// Groups of rewards over HTTP with a judge that answers at once: the members of all groups arrive shuffled over some connections, a tenth
/// of them twice, and of a tenth of the groups a part under an earlier attempt too. In every group the rewards must rise with the numbers
/// that are judged.
/// Arguments: groups (64), members (8), then numbers of connections (6 64 512). With fewer connections than members, clients submit and
/// poll; else the answers are held. Rounds run until the code is compiled before any is measured. On a machine with other work the
/// processor time of a reward, client and server together, is the steadier figure.
/// </summary>
internal static partial class RewardsBenchmark
{
    private const int Rounds = 3;
    private const int RewardsUntilWarm = 24_000;
    private const string WaitOfLast = "reward_reasoning.rewards.last_member_wait";

    public static async Task<int> RunAsync(string[] args)
    {
        int[] given = [.. args.Select(arg => int.Parse(arg, CultureInfo.InvariantCulture))];
        (int groups, int size) = (
            given.ElementAtOrDefault(0) is > 0 and var g ? g : 64,
            given.ElementAtOrDefault(1) is > 1 and var s ? s : 8
        );
        int[] connections = given.Length > 2 ? given[2..] : [6, 64, 512];
        Machine.Print();
        int wrong = 0;
        for (int round = -1; -round * groups * size <= RewardsUntilWarm; round--)
        {
            wrong += (await MeasureAsync(groups, size, connections[^1], round)).Wrong;
        }

        foreach (int count in connections)
        {
            for (int round = 0; round < Rounds; round++)
            {
                (string line, int mixed) = await MeasureAsync(groups, size, count, round);
                Console.WriteLine(line);
                wrong += mixed;
            }
        }

        return wrong == 0 ? 0 : 1;
    }

    private static async Task<(string Line, int Wrong)> MeasureAsync(int groups, int size, int connections, int round)
    {
        using OpenedJudge judge = JudgeFactory.Open(new LargerNumber(), new JudgeOptions { Order = VoteOrder.Given });
        await using JudgeServer server = await JudgeServer.StartAsync(
            new ServedModel { Name = "instant", Judge = judge },
            new JudgeServerOptions { Port = 0, MaxRequests = 100_000 }
        );
        using HttpClient client = new(new SocketsHttpHandler { MaxConnectionsPerServer = connections })
        {
            Timeout = TimeSpan.FromMinutes(2),
        };
        Uri address = new(server.Url + "/rewards");
        Random random = new(round);
        List<Member> arrivals = [];
        for (int group = 0; group < groups; group++)
        {
            int[] values = [.. Enumerable.Range(0, 1000)];
            random.Shuffle(values);
            bool again = random.Next(10) == 0;
            for (int index = 0; index < size; index++)
            {
                Member member = new($"{round}-{connections}-{group}", again ? 1 : 0, index, values[index]);
                arrivals.AddRange(random.Next(10) == 0 ? [member, member] : [member]);
            }

            if (again)
            {
                arrivals.AddRange(
                    Enumerable.Range(0, size / 2).Select(index => new Member($"{round}-{connections}-{group}", 0, index, index))
                );
            }
        }

        Member[] order = [.. arrivals];
        random.Shuffle(order);
        bool polls = connections < groups * size;
        ConcurrentDictionary<(string, int), ConcurrentBag<(Member Member, double? Reward)>> answers = new();
        ConcurrentBag<double> waits = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Name == WaitOfLast)
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => waits.Add(seconds));
        listener.Start();
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await Task.WhenAll(
            order.Select(async member =>
            {
                double? reward = await RewardAsync(client, address, member, size, polls);
                answers.GetOrAdd((member.Group, member.Attempt), _ => []).Add((member, reward));
            })
        );
        double seconds = watch.Elapsed.TotalSeconds;
        double processor = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
        int final = 0,
            wrong = 0;
        foreach (((string group, int attempt), ConcurrentBag<(Member Member, double? Reward)> of) in answers)
        {
            if (answers.ContainsKey((group, attempt + 1)))
            {
                continue; // an attempt that a later one ended
            }

            (int Value, double? Reward)[] ranked =
            [
                .. of.Select(one => (one.Member.Value, one.Reward)).Distinct().OrderBy(one => one.Value),
            ];
            bool right = ranked.Length == size && ranked.Zip(ranked.Skip(1)).All(next => next.First.Reward < next.Second.Reward);
            wrong += right ? 0 : 1;
            final += ranked.Length;
        }

        double[] sorted = [.. waits.Order()];
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{connections, 4} connections, {(polls ? "polled" : "held"), -6} {final} rewards of {order.Length} requests in {seconds:0.00} s: "
                + $"{final / seconds:0} rewards/s, {processor / final:0.00} ms of processor a reward, "
                + $"last member's wait beyond judging p50 {1_000 * At(sorted, 0.5):0.0} ms, p99 {1_000 * At(sorted, 0.99):0.0} ms, "
                + $"{wrong} groups wrong"
        );
        return (line, wrong);
    }

    private static double At(double[] sorted, double share) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];

    private static async Task<double?> RewardAsync(HttpClient client, Uri address, Member member, int size, bool polls)
    {
        object body = new
        {
            group = member.Group,
            attempt = member.Attempt,
            index = member.Index,
            size,
            query = "Which number is larger?",
            response = $"value {member.Value}",
            wait_s = polls ? 0 : 60,
        };
        using HttpResponseMessage sent = await client.PostAsJsonAsync(address, body);
        JsonElement answer = await sent.Content.ReadFromJsonAsync<JsonElement>();
        while (answer.TryGetProperty("state", out JsonElement state) && state.GetString() != "done")
        {
            answer = await client.GetFromJsonAsync<JsonElement>($"{address}/{answer.GetProperty("id").GetString()}?wait_s=0.05");
        }

        return answer.TryGetProperty("reward", out JsonElement reward) && reward.ValueKind == JsonValueKind.Number
            ? reward.GetDouble()
            : null;
    }

    [GeneratedRegex("value ([0-9]+)")]
    private static partial Regex Values();

    private sealed record Member(string Group, int Attempt, int Index, int Value);

    /// <summary>A judge that prefers the larger number, at once.</summary>
    private sealed class LargerNumber : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            int[] values =
            [
                .. Values()
                    .Matches(string.Concat(messages.Select(message => message.Text)))
                    .Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)),
            ];
            return Task.FromResult(
                new ChatResponse(new ChatMessage(ChatRole.Assistant, $@"\boxed{{Assistant {(values[^2] > values[^1] ? 1 : 2)}}}"))
                {
                    FinishReason = ChatFinishReason.Stop,
                }
            );
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default
        )
        {
            foreach (ChatResponseUpdate update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            {
                yield return update;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("instant", null, "instant") : null;

        public void Dispose() { }
    }
}
