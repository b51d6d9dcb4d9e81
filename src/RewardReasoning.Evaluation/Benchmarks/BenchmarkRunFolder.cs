using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RewardReasoning.Evaluation.Arena;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Reports;
using RewardReasoning.IO;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>One line of a run's judgments.jsonl: what was asked, what is right, what was said, and every vote.</summary>
public sealed record RecordedJudgment
{
    /// <summary>The item's identity.</summary>
    public required string Id { get; init; }

    /// <summary>The item's section.</summary>
    public required string Section { get; init; }

    /// <summary>The item's row.</summary>
    public required string Row { get; init; }

    /// <summary>What the benchmark's arithmetic needs beside.</summary>
    public string? Detail { get; init; }

    /// <summary>What was asked; null in runs that did not keep it.</summary>
    public Comparison? Comparison { get; init; }

    /// <summary>What is right.</summary>
    public required Outcome Gold { get; init; }

    /// <summary>What the judge prefers.</summary>
    public required Outcome Preferred { get; init; }

    /// <summary>What it said in each order.</summary>
    public required IReadOnlyList<ShownOutcome> Shown { get; init; }

    /// <summary>Share of its votes for what it prefers.</summary>
    public double? VoteShare { get; init; }

    /// <summary>How sure the judgment is (<see cref="Judgment.Confidence"/>); null of a replayed judge.</summary>
    public double? Confidence { get; init; }

    /// <summary>How often such judgments are right (<see cref="Judgment.CalibratedConfidence"/>); null without a fit.</summary>
    public double? CalibratedConfidence { get; init; }

    /// <summary>Why there is no answer.</summary>
    public string? Missing { get; init; }

    /// <summary>What it cost.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>The votes, with their reasoning; none of a replayed judge.</summary>
    public IReadOnlyList<Vote> Votes { get; init; } = [];

    /// <summary>The line of a judged item.</summary>
    /// <param name="judged">The item.</param>
    /// <param name="judgment">What was judged; null where nothing was, and of a replayed judge.</param>
    public static RecordedJudgment Of(JudgedItem judged, Judgment? judgment)
    {
        ArgumentNullException.ThrowIfNull(judged);
        return new RecordedJudgment
        {
            Id = judged.Item.Id,
            Section = judged.Item.Section,
            Row = judged.Item.Row,
            Detail = judged.Item.Detail,
            Comparison = judged.Item.Comparison,
            Gold = judged.Item.Gold,
            Preferred = judged.Preferred,
            Shown = judged.Shown,
            VoteShare = judged.VoteShare,
            Confidence = judgment?.Confidence,
            CalibratedConfidence = judgment?.CalibratedConfidence,
            Missing = judged.MissingReason,
            Usage = judged.Usage,
            Votes = judgment?.Votes ?? [],
        };
    }

    /// <summary>The item again.</summary>
    public JudgedItem ToItem() =>
        new()
        {
            Item = new BenchmarkItem
            {
                Id = Id,
                Section = Section,
                Row = Row,
                Detail = Detail ?? "",
                Gold = Gold,
                Comparison = Comparison ?? new Comparison("", "", ""),
            },
            Preferred = Preferred,
            Shown = Shown,
            VoteShare = VoteShare,
            MissingReason = Missing,
            Usage = Usage,
        };
}

/// <summary>
/// A run on disk: <c>judgments.jsonl</c>, a line for each comparison, or <c>rankings.jsonl</c>, a line for each query of a best-of-n
/// benchmark, and <c>report.json</c>.
/// </summary>
/// <param name="path">The folder; it is created when something is written.</param>
public sealed class BenchmarkRunFolder(string path)
{
    private const string JudgmentsFile = "judgments.jsonl";
    private const string RankingsFile = "rankings.jsonl";
    private const string ReportFile = "report.json";

    /// <summary>Writes judgments.jsonl line by line, over an existing one.</summary>
    public Task WriteJudgmentsAsync(IAsyncEnumerable<RecordedJudgment> judgments, CancellationToken cancellationToken = default) =>
        WriteLinesAsync(JudgmentsFile, judgments, BenchmarkJson.Lines.RecordedJudgment, cancellationToken);

    /// <summary>Writes rankings.jsonl line by line, over an existing one.</summary>
    public Task WriteRankingsAsync(IAsyncEnumerable<RecordedRanking> rankings, CancellationToken cancellationToken = default) =>
        WriteLinesAsync(RankingsFile, rankings, BenchmarkJson.Lines.RecordedRanking, cancellationToken);

    /// <summary>Writes report.json.</summary>
    public Task WriteReportAsync(BenchmarkReport report, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(path);
        return AtomicFile.WriteAllTextAsync(Path.Combine(path, ReportFile), BenchmarkJson.Text(report) + "\n", cancellationToken);
    }

    /// <summary>Reads the report back.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no finished run.</exception>
    /// <exception cref="InvalidDataException">The report is damaged.</exception>
    public async Task<BenchmarkReport> ReadReportAsync(CancellationToken cancellationToken = default)
    {
        string file = Path.Combine(path, ReportFile);
        return File.Exists(file)
            ? Parse(await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false), BenchmarkJson.Lines.BenchmarkReport, file)
            : throw new FileNotFoundException($"'{path}' holds no {ReportFile}; it is no folder of a finished benchmark run.", file);
    }

    /// <summary>Reads the judgments back, one at a time; none of a best-of-n run.</summary>
    /// <exception cref="InvalidDataException">A line is damaged; the message names it.</exception>
    public IAsyncEnumerable<RecordedJudgment> ReadJudgmentsAsync(CancellationToken cancellationToken = default) =>
        ReadLinesAsync(JudgmentsFile, BenchmarkJson.Lines.RecordedJudgment, cancellationToken);

    /// <summary>Reads the rankings back, one at a time; none of a run of comparisons.</summary>
    /// <exception cref="InvalidDataException">A line is damaged; the message names it.</exception>
    public IAsyncEnumerable<RecordedRanking> ReadRankingsAsync(CancellationToken cancellationToken = default) =>
        ReadLinesAsync(RankingsFile, BenchmarkJson.Lines.RecordedRanking, cancellationToken);

    private async Task WriteLinesAsync<T>(string name, IAsyncEnumerable<T> lines, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lines);
        Directory.CreateDirectory(path);
        StreamWriter writer = new(Path.Combine(path, name)) { NewLine = "\n" };
        await using (writer.ConfigureAwait(false))
        {
            await foreach (T line in lines.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                await writer.WriteLineAsync(JsonSerializer.Serialize(line, type).AsMemory(), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async IAsyncEnumerable<T> ReadLinesAsync<T>(
        string name,
        JsonTypeInfo<T> type,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        string file = Path.Combine(path, name);
        if (!File.Exists(file))
        {
            yield break;
        }

        int number = 0;
        await foreach (string line in File.ReadLinesAsync(file, cancellationToken).ConfigureAwait(false))
        {
            number++;
            yield return Parse(line, type, FormattableString.Invariant($"{file}:{number}"));
        }
    }

    private static T Parse<T>(string json, JsonTypeInfo<T> type, string place)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new InvalidDataException($"{place}: the file holds null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{place}: {exception.Message}", exception);
        }
    }
}

/// <summary>How runs are written: names in snake case, outcomes as words.</summary>
[JsonSerializable(typeof(RecordedJudgment))]
[JsonSerializable(typeof(RecordedRanking))]
[JsonSerializable(typeof(BenchmarkReport))]
[JsonSerializable(typeof(RunComparison))]
[JsonSerializable(typeof(IReadOnlyList<RunAnalysis>))]
[JsonSerializable(typeof(IReadOnlyList<BenchmarkReport>))]
[JsonSerializable(typeof(BenchmarkDescription))]
[JsonSerializable(typeof(IReadOnlyList<BenchmarkDescription>))]
[JsonSerializable(typeof(ArenaReport))]
[JsonSerializable(typeof(ArenaGame))]
public sealed partial class BenchmarkJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static BenchmarkJson Indented { get; } = new(Written(indented: true));

    /// <summary>One line a value.</summary>
    public static BenchmarkJson Lines { get; } = new(Written(indented: false));

    /// <summary>A report as it stands in its file.</summary>
    public static string Text(BenchmarkReport report) => JsonSerializer.Serialize(report, Indented.BenchmarkReport);

    private static JsonSerializerOptions Written(bool indented) =>
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = indented,
            DefaultIgnoreCondition = indented ? JsonIgnoreCondition.Never : JsonIgnoreCondition.WhenWritingNull,
            Converters =
            {
                new JsonStringEnumConverter<Outcome>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<ShownOrder>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<Verdict>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<AskedOrders>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<ArenaMeasure>(JsonNamingPolicy.SnakeCaseLower),
            },
        };
}

/// <summary>A benchmark, for lists.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">What it tests.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Data">What <c>--data</c> is.</param>
/// <param name="Orders">The orders that are asked for.</param>
/// <param name="Counting">How answers count.</param>
/// <param name="Measures">Its figures, with what each counts.</param>
public sealed record BenchmarkDescription(
    string Name,
    string Title,
    string Source,
    string Data,
    AskedOrders Orders,
    string Counting,
    IReadOnlyDictionary<string, string> Measures
)
{
    /// <summary>The description of a benchmark.</summary>
    public static BenchmarkDescription Of(Benchmark definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return new(
            definition.Name,
            definition.Title,
            definition.Source,
            definition.Data,
            definition.Orders,
            definition.Counting,
            definition.FigureMeanings
        );
    }
}
