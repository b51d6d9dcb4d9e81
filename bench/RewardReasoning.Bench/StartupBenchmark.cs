using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace RewardReasoning.Bench;

/// <summary>
/// What a user waits for at the prompt: <c>./rrm --help</c>, and <c>./rrm judge</c> with the shipped judge until its first reasoning token
/// is on the terminal and until it has ended. Every start is a new process on a warm build, behind a terminal of its own (<c>script</c>).
/// </summary>
internal static class StartupBenchmark
{
    private const int Starts = 15;
    private const string Dimmed = "\e[2m";
    private const string Judge = "judge --query '12*4+7' --response 55 --response 54 --store none";

    public static async Task<int> RunAsync(string[] args)
    {
        if (!File.Exists("rrm") || !File.Exists("/usr/bin/script"))
        {
            await Console.Error.WriteLineAsync("startup: run it at the root of a clone, on a machine with /usr/bin/script (util-linux).");
            return 2;
        }

        Machine.Print();
        await MeasureAsync("--help", "Usage:");
        await MeasureAsync(Judge, Dimmed);
        return 0;
    }

    private static async Task MeasureAsync(string arguments, string awaited)
    {
        await StartAsync(arguments, awaited);
        List<double> first = [];
        List<double> whole = [];
        for (int i = 0; i < Starts; i++)
        {
            (TimeSpan shown, TimeSpan ended) = await StartAsync(arguments, awaited);
            first.Add(shown.TotalSeconds);
            whole.Add(ended.TotalSeconds);
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"./rrm {arguments}: first output {Median(first):0.00} s ({first.Min():0.00} to {first.Max():0.00}), whole {Median(whole):0.00} s ({whole.Min():0.00} to {whole.Max():0.00}), {Starts} starts"
            )
        );
    }

    private static async Task<(TimeSpan First, TimeSpan Whole)> StartAsync(string arguments, string awaited)
    {
        ProcessStartInfo start = new("/usr/bin/script") { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (string argument in (string[])["-q", "-e", "-f", "-c", $"./rrm {arguments}", "/dev/null"])
        {
            start.ArgumentList.Add(argument);
        }

        long from = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("script did not start.");
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        TimeSpan? first = null;
        while (await process.StandardOutput.BaseStream.ReadAsync(buffer) is var read and > 0)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            first ??= text.ToString().Contains(awaited, StringComparison.Ordinal) ? Stopwatch.GetElapsedTime(from) : null;
        }

        await process.WaitForExitAsync();
        return process.ExitCode == 0 && first is { } shown
            ? (shown, Stopwatch.GetElapsedTime(from))
            : throw new InvalidOperationException($"./rrm {arguments} ended with {process.ExitCode} and without '{awaited}':\n{text}");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
