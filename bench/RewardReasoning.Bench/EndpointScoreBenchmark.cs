using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RewardReasoning.Testing;

namespace RewardReasoning.Bench;

/// <summary>
/// <c>rrm score</c> as people start it, on a file of pairs, over an endpoint that answers at once: rows a second from start to end, and the
/// command's memory. Arguments: pairs (1,000,000), the store (none, or a path that is removed afterwards), characters of a response (400).
/// </summary>
internal static class EndpointScoreBenchmark
{
    private const string NoStore = "none";

    public static async Task<int> RunAsync(string[] args)
    {
        int pairs = args is [var first, ..] ? int.Parse(first, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        string store = args is [_, var second, ..] ? second : NoStore;
        int characters = args is [_, _, var third] ? int.Parse(third, CultureInfo.InvariantCulture) : 400;
        Machine.Print();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("rrm-bench-");
        try
        {
            string input = Path.Combine(folder.FullName, "pairs.jsonl"),
                output = Path.Combine(folder.FullName, "judged.jsonl");
            await WritePairsAsync(input, pairs, characters);
            using InstantServer server = new(InstantServer.Judgment);
            using Process command =
                Process.Start(
                    new ProcessStartInfo(
                        Path.Combine(SharedFolder.RepositoryRoot, "rrm"),
                        [
                            "score",
                            input,
                            "--out",
                            output,
                            "--endpoint",
                            server.Url.ToString(),
                            "--model",
                            "instant",
                            "--server",
                            "vllm",
                            "--concurrency",
                            "64",
                            "--store",
                            store,
                        ]
                    )
                ) ?? throw new InvalidOperationException("rrm did not start.");
            DateTime started = command.StartTime;
            List<long> memory = await WatchAsync(command);

            long rows = File.ReadLines(output).LongCount();
            double seconds = (command.ExitTime - started).TotalSeconds;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"rrm score --store {(store == NoStore ? store : "FILE")}: exit code {command.ExitCode}, {rows:N0} rows for {server.Requests:N0} requests in {seconds:0.0} s, {rows / seconds:N0} a second; "
                        + $"memory by tenths of the time: {string.Join(", ", Enumerable.Range(1, 10).Select(tenth => memory.ElementAtOrDefault((tenth * memory.Count / 10) - 1) >> 20))} MB"
                )
            );
            return rows == pairs ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
            foreach (
                string file in store == NoStore
                    ? []
                    : Directory.GetFiles(Path.GetDirectoryName(Path.GetFullPath(store)) ?? ".", Path.GetFileName(store) + "*")
            )
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>The command's memory, second by second, until it ends.</summary>
    private static async Task<List<long>> WatchAsync(Process command)
    {
        Task ended = command.WaitForExitAsync();
        List<long> memory = [];
        while (await Task.WhenAny(ended, Task.Delay(1000)) != ended)
        {
            try
            {
                command.Refresh();
                memory.Add(command.WorkingSet64);
            }
            catch (InvalidOperationException)
            {
                // It ended in between.
            }
        }

        return memory;
    }

    private static async Task WritePairsAsync(string path, int pairs, int characters)
    {
        await using StreamWriter writer = new(path, append: false, new UTF8Encoding(false), 1 << 20);
        for (int i = 0; i < pairs; i++)
        {
            Comparison pair = EndpointBenchmark.Pair(i, characters);
            await writer.WriteLineAsync(
                JsonSerializer.Serialize(
                    new
                    {
                        query = pair.Query,
                        response_1 = pair.Response1,
                        response_2 = pair.Response2,
                    }
                )
            );
        }
    }
}
