using System.Diagnostics;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Storage;
using RewardReasoning.Testing;

namespace RewardReasoning.Bench;

/// <summary>
/// Completions added, found and judged over per second, by how many are in flight; each with a prompt of its own of about 2 KB and an
/// answer
/// of about 2 KB, every commit flushed to the disk. SQLite in a temporary folder, and PostgreSQL on this machine where it is installed.
/// </summary>
internal static class StoreBenchmark
{
    private static readonly int[] InFlight = [1, 16, 256];
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(4);

    public static async Task<int> RunAsync(string[] args)
    {
        Machine.Print();
        string folder = Directory.CreateTempSubdirectory("rrm-bench-").FullName;
        try
        {
            await MeasureAsync("sqlite", Path.Combine(folder, "store.db"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        if (!PostgresServer.IsInstalled(out string reason))
        {
            Console.WriteLine(reason);
            return 0;
        }

        await using PostgresServer server = await PostgresServer.StartAsync(flushes: true);
        await MeasureAsync("postgres", await server.CreateDatabaseAsync());
        return 0;
    }

    private static async Task MeasureAsync(string name, string location)
    {
        using ICompletionStore store = await CompletionStores.OpenAsync(location);
        long added = 0;
        foreach (int inFlight in InFlight)
        {
            long first = added;
            Report(name, "added", inFlight, await RateAsync(inFlight, () => store.AddAsync(Completion(Interlocked.Increment(ref added)))));
            Report(
                name,
                "found",
                inFlight,
                await RateAsync(inFlight, i => store.FindAsync(Request(first + 1 + (i % (added - first))).Key))
            );
        }

        foreach (int inFlight in InFlight)
        {
            using StoringChatClient client = new(
                new ScriptedChatClient(_ => new ScriptedReply { Text = Text(7, 2000) + @"\boxed{Assistant 1}" }),
                store
            );
            ReasoningJudge judge = new(client, new JudgeOptions { Concurrency = inFlight });
            Report(
                name,
                "judged",
                inFlight,
                await RateAsync(inFlight, i => judge.JudgeAsync(new Comparison($"{inFlight} {i}", Text(i, 500), Text(i + 1, 500))))
            );
        }
    }

    private static void Report(string store, string what, int inFlight, double rate) =>
        Console.WriteLine(FormattableString.Invariant($"{store, -9} {what, -7} {inFlight, 4} in flight {rate, 9:0} a second"));

    private static Task<double> RateAsync<T>(int inFlight, Func<Task<T>> work) => RateAsync(inFlight, _ => work());

    private static async Task<double> RateAsync<T>(int inFlight, Func<long, Task<T>> work)
    {
        long done = 0,
            started = 0;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(
            Enumerable
                .Range(0, inFlight)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        while (Stopwatch.GetElapsedTime(start) < Time)
                        {
                            await work(Interlocked.Increment(ref started));
                            Interlocked.Increment(ref done);
                        }
                    })
                )
        );
        return done / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static CompletionRequest Request(long number) =>
        CompletionRequest.Of(
            new StoredModel("sha256:bench:float32", "bench"),
            [new ChatMessage(ChatRole.User, $"{number} {Text(number, 2000)}")],
            new ChatOptions { Temperature = 0.6f, Seed = number }
        ) ?? throw new InvalidOperationException("The request has no key.");

    private static StoredCompletion Completion(long number) =>
        new()
        {
            Request = Request(number),
            Response =
                ResponseEncoding.Write(
                    new ChatResponse(
                        new ChatMessage(
                            ChatRole.Assistant,
                            [new TextReasoningContent(Text(number, 1900)), new TextContent(@"\boxed{Assistant 1}")]
                        )
                    )
                    {
                        FinishReason = ChatFinishReason.Stop,
                        Usage = new() { InputTokenCount = 500, OutputTokenCount = 500 },
                    }
                ) ?? throw new InvalidOperationException("The response has no byte form."),
            Created = DateTimeOffset.UnixEpoch.AddSeconds(number),
            Elapsed = TimeSpan.FromSeconds(1),
        };

    /// <summary>Words in an order of their own, which compress about as text does.</summary>
    private static string Text(long number, int length)
    {
        string[] words =
        [
            "the",
            "response",
            "that",
            "is",
            "shown",
            "first",
            "answers",
            "query",
            "better",
            "because",
            "it",
            "names",
            "both",
            "numbers",
            "and",
            "checks",
            "them",
            "while",
            "other",
            "only",
            "guesses",
        ];
        System.Text.StringBuilder text = new(length + 16);
        ulong state = (ulong)number * 0x9E3779B97F4A7C15;
        while (text.Length < length)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            text.Append(words[(int)((state >> 33) % (ulong)words.Length)]).Append(' ');
        }

        return text.ToString();
    }
}
