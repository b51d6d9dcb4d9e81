using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;

namespace RewardReasoning.Bench;

/// <summary>
/// What the judge itself costs: judgments a second over an endpoint that answers at once, the server in this process included, and whether
/// memory stays flat. Arguments: pairs (1,000,000), requests in flight (64), characters of a response (400).
/// </summary>
internal static class EndpointBenchmark
{
    private const int WarmUp = 20_000;

    public static async Task<int> RunAsync(string[] args)
    {
        int[] numbers = [.. args.Select(arg => int.Parse(arg, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];
        int pairs = numbers is [var first, ..] ? first : 1_000_000;
        int inFlight = numbers is [_, var second, ..] ? second : 64;
        int characters = numbers is [_, _, var third] ? third : 400;

        Machine.Print();
        using InstantServer server = new(InstantServer.Judgment);
        using EndpointChatClient client = new(
            new()
            {
                Url = server.Url,
                Model = "instant",
                Flavour = ServerFlavour.Vllm,
            }
        );
        ReasoningJudge judge = new(client, new() { Concurrency = inFlight });
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{inFlight} requests in flight, responses of {characters} characters")
        );

        IReadOnlyList<ChatMessage> prompt = judge.Render(Pair(0, characters), ShownOrder.Given);
        await MeasureAsync("(warm-up)", Math.Min(WarmUp, pairs), inFlight, i => JudgeAsync(judge, i, characters));
        await MeasureAsync(
            "requests by the client alone",
            Math.Max(1, pairs / 10),
            inFlight,
            async i => await client.GetResponseAsync(prompt, new() { Seed = i })
        );
        await MeasureAsync("judgments", pairs, inFlight, i => JudgeAsync(judge, i, characters));
        return 0;
    }

    private static async Task JudgeAsync(ReasoningJudge judge, int index, int characters)
    {
        if ((await judge.JudgeAsync(Pair(index, characters))).Preferred is null)
        {
            throw new InvalidOperationException("A judgment is missing.");
        }
    }

    /// <summary>A pair unlike any other.</summary>
    public static Comparison Pair(int index, int characters) =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"What is the {index}th thing to say of the sea?"),
            new string('a', characters),
            new string('b', characters)
        );

    private static async Task MeasureAsync(string what, int count, int inFlight, Func<int, Task> work)
    {
        using Process process = Process.GetCurrentProcess();
        TimeSpan cpu = process.TotalProcessorTime;
        long allocated = GC.GetTotalAllocatedBytes();
        int collections = GC.CollectionCount(0);
        Stopwatch watch = Stopwatch.StartNew();
        int next = -1;
        List<long> memory = [];
        Task[] workers =
        [
            .. Enumerable
                .Range(0, inFlight)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                        {
                            await work(i);
                        }
                    })
                ),
        ];
        Task all = Task.WhenAll(workers);
        while (await Task.WhenAny(all, Task.Delay(1000)) != all)
        {
            process.Refresh();
            memory.Add(process.WorkingSet64);
        }

        await all;
        process.Refresh();
        memory.Add(process.WorkingSet64);
        double seconds = watch.Elapsed.TotalSeconds;
        double busy = (process.TotalProcessorTime - cpu).TotalSeconds;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: {count:N0} in {seconds:0.0} s, {count / seconds:N0} a second; {1e6 * busy / count:0} us of processor time and {(GC.GetTotalAllocatedBytes() - allocated) / (double)count:N0} bytes allocated each; "
                    + $"{GC.CollectionCount(0) - collections} collections; memory {memory[0] >> 20} MB at first, {memory.Max() >> 20} MB at most"
            )
        );
    }
}
