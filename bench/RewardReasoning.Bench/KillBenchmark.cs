using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace RewardReasoning.Bench;

/// <summary>
/// A run of <c>rrm score</c> that is killed (SIGKILL) at random moments and started again, until it ends: its output against that of an
/// undisturbed run, and how many requests were made twice. Arguments: the command (./rrm), rows (10,000), kills (20).
/// </summary>
internal static class KillBenchmark
{
    private const int Concurrency = 16;
    private const string Answer =
        """{"model":"instant","choices":[{"message":{"role":"assistant","reasoning":"Hm.","content":"\\boxed{Assistant 1}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":600,"completion_tokens":48}}""";

    public static async Task<int> RunAsync(string[] args)
    {
        string command = args.Length > 0 ? args[0] : "./rrm";
        int rows = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
        int kills = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 20;
        Machine.Print();
        string folder = Directory.CreateTempSubdirectory("rrm-bench-").FullName;
        try
        {
            using InstantServer server = new(Answer);
            string input = Path.Combine(folder, "pairs.jsonl");
            await File.WriteAllLinesAsync(
                input,
                Enumerable.Range(0, rows).Select(i => $$"""{"id":{{i}},"query":"q{{i}}","response_1":"a","response_2":"b"}""")
            );
            string[] score = ["score", input, "--endpoint", server.Url.ToString(), "--model", "instant", "--concurrency", $"{Concurrency}"];
            await RunToItsEndAsync(command, [.. score, "--out", Path.Combine(folder, "undisturbed.jsonl"), "--store", "none"]);
            string[] disturbed = [.. score, "--out", Path.Combine(folder, "disturbed.jsonl"), "--store", Path.Combine(folder, "store.db")];
            long before = server.Requests;
            Random random = new(7);
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < kills; i++)
            {
                await KillAsync(command, disturbed, server, server.Requests + 1 + random.Next(rows / (kills + 1)));
            }

            await RunToItsEndAsync(command, disturbed);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            long twice = server.Requests - before - rows;
            long asked = server.Requests;
            await RunToItsEndAsync(command, disturbed);
            IEnumerable<string> expected = await JudgmentsAsync(Path.Combine(folder, "undisturbed.jsonl"));
            bool same = expected.SequenceEqual(await JudgmentsAsync(Path.Combine(folder, "disturbed.jsonl")));
            Console.WriteLine(
                FormattableString.Invariant(
                    $"{rows} rows, killed {kills} times: the output is {(same ? "that" : "NOT that")} of an undisturbed run; {twice} requests made twice (at most {kills * Concurrency} were in flight), {server.Requests - asked} in one more run; {elapsed.TotalSeconds:0} s"
                )
            );
            return same && twice <= kills * Concurrency && server.Requests == asked ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task KillAsync(string command, string[] args, InstantServer server, long atRequests)
    {
        using Process process = Start(command, args);
        while (server.Requests < atRequests && !process.HasExited)
        {
            await Task.Delay(1);
        }

        process.Kill();
        await process.WaitForExitAsync();
    }

    private static async Task RunToItsEndAsync(string command, string[] args)
    {
        using Process process = Start(command, args);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} ended with {process.ExitCode}.");
        }
    }

    private static Process Start(string command, string[] args)
    {
        ProcessStartInfo start = new(command, args) { RedirectStandardError = true };
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{command} did not start.");
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task<string[]> JudgmentsAsync(string path) =>
        [
            .. (await File.ReadAllLinesAsync(path)).Select(line =>
            {
                JsonNode row = JsonNode.Parse(line) ?? new JsonObject();
                (row["judgment"] as JsonObject)?.Remove("usage");
                return row.ToJsonString();
            }),
        ];
}
