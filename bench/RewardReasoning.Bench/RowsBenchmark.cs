using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Parquet;
using Parquet.Serialization;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Bench;

/// <summary>
/// Reading large files row by row: JSON lines plain and packed, and Parquet with row groups of 128 MB, each in a process of its own so that
/// its peak of memory is its own. <c>rows [MEGABYTES]</c>, 1,000 by default; files are made in the temporary folder and removed.
/// </summary>
internal static class RowsBenchmark
{
    private const int GroupBytes = 128_000_000;
    private const int TextCharacters = 1_500;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["read", var file])
        {
            await ReadAsync(file);
            return 0;
        }

        long bytes = (args.Length > 0 ? long.Parse(args[0], CultureInfo.InvariantCulture) : 1_000) * 1_000_000;
        Machine.Print();
        string folder = Directory.CreateTempSubdirectory("rrm-bench-").FullName;
        try
        {
            string lines = Path.Combine(folder, "pairs.jsonl");
            await WriteLinesAsync(lines, bytes);
            Measure(lines);
            string packed = lines + ".zst";
            await PackAsync(lines, packed);
            File.Delete(lines);
            Measure(packed);
            File.Delete(packed);
            string parquet = Path.Combine(folder, "pairs.parquet");
            await WriteParquetAsync(parquet, bytes);
            Measure(parquet);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static void Measure(string path)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("The program has no path.");
        using Process process = Process.Start(program, ["rows", "read", path]);
        process.WaitForExit();
    }

    private static async Task ReadAsync(string path)
    {
        long rows = 0;
        long pairs = 0;
        long bytes = 0;
        long start = Stopwatch.GetTimestamp();
        await foreach (DataRow row in RowReader.ReadAsync(path))
        {
            rows++;
            bytes += row.Fields is { } fields ? JsonMarshal.GetRawUtf8Value(fields).Length : 0;
            pairs += RowRecognizer.Recognize(row) is PairContent ? 1 : 0;
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        string peak = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("VmHWM", StringComparison.Ordinal)) ?? "";
        Console.WriteLine(
            FormattableString.Invariant(
                $"{Path.GetFileName(path), -16} {new FileInfo(path).Length / 1e6, 6:0} MB file, {bytes / 1e6, 6:0} MB of rows, {pairs} of {rows} rows are pairs: {elapsed.TotalSeconds:0.00} s, {bytes / 1e6 / elapsed.TotalSeconds:0} MB/s; {ProcessorSeconds()} s of processor; {peak.Replace("VmHWM:", "peak", StringComparison.Ordinal).Replace("\t", " ", StringComparison.Ordinal)}"
            )
        );

        static string ProcessorSeconds() =>
            Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
    }

    private static async Task WriteLinesAsync(string path, long bytes)
    {
        await using StreamWriter writer = new(path);
        for (long i = 0; writer.BaseStream.Position < bytes; i++)
        {
            Pair pair = Make(i);
            await writer.WriteLineAsync(
                $$"""{"id":{{pair.id}},"query":"{{pair.query}}","response_1":"{{pair.response_1}}","response_2":"{{pair.response_2}}","label":{{pair.label}}}"""
            );
        }
    }

    private static async Task PackAsync(string path, string packed)
    {
        await using FileStream from = File.OpenRead(path);
        await using ZstdSharp.CompressionStream to = new(File.Create(packed), 1, leaveOpen: false);
        await from.CopyToAsync(to);
    }

    private static async Task WriteParquetAsync(string path, long bytes)
    {
        int rows = GroupBytes / (int)(2.3 * TextCharacters);
        long id = 0;
        for (long written = 0; written < bytes; written += GroupBytes)
        {
            List<Pair> group = [.. Enumerable.Range(0, rows).Select(_ => Make(id++))];
            await using FileStream stream = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            ParquetOptions options = new()
            {
                Append = written > 0,
                RowGroupSize = rows,
                CompressionMethod = CompressionMethod.Zstd,
                CompressionLevel = CompressionLevel.Fastest,
            };
            await ParquetSerializer.SerializeAsync(group, stream, options);
        }
    }

    /// <summary>Words with a sprinkling of numbers, which pack about as well as real text.</summary>
    private static Pair Make(long id)
    {
        SeededRandom random = new((ulong)id);
        return new Pair
        {
            id = id,
            query = Text(random, TextCharacters / 3),
            response_1 = Text(random, TextCharacters),
            response_2 = Text(random, TextCharacters),
            label = random.Between(1, 2),
        };
    }

    private static string Text(SeededRandom random, int characters)
    {
        System.Text.StringBuilder text = new(characters + 16);
        while (text.Length < characters)
        {
            text.Append(random.Chance(0.1) ? random.Next(100_000).ToString(CultureInfo.InvariantCulture) : Words[random.Next(Words.Length)])
                .Append(random.Chance(0.03) ? "\\n" : " ");
        }

        return text.ToString();
    }

    private static readonly string[] Words =
    [
        .. "the of and to in is that it was for on are as with his they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know".Split(
            ' '
        ),
        "über",
        "naïve",
        "façade",
        "中文",
        "\\\"quoted\\\"",
        "x²",
    ];

#pragma warning disable IDE1006 // names are those of columns
    private sealed class Pair
    {
        public long id { get; set; }

        public string query { get; set; } = "";

        public string response_1 { get; set; } = "";

        public string response_2 { get; set; } = "";

        public int label { get; set; }
    }
#pragma warning restore IDE1006
}
