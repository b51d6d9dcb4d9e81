using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

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

    /// <summary>What is right.</summary>
    public required Outcome Gold { get; init; }

    /// <summary>What the judge prefers.</summary>
    public required Outcome Preferred { get; init; }

    /// <summary>What it said in each order.</summary>
    public required IReadOnlyList<ShownOutcome> Shown { get; init; }

    /// <summary>Share of its votes for what it prefers.</summary>
    public double? VoteShare { get; init; }

    /// <summary>Why there is no answer.</summary>
    public string? Missing { get; init; }

    /// <summary>What it cost.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>The votes, with their reasoning; none of a replayed judge.</summary>
    public IReadOnlyList<Vote> Votes { get; init; } = [];

    /// <summary>The line of a judged item.</summary>
    public static RecordedJudgment Of(JudgedItem judged, IReadOnlyList<Vote> votes)
    {
        ArgumentNullException.ThrowIfNull(judged);
        return new RecordedJudgment
        {
            Id = judged.Item.Id,
            Section = judged.Item.Section,
            Row = judged.Item.Row,
            Detail = judged.Item.Detail,
            Gold = judged.Item.Gold,
            Preferred = judged.Preferred,
            Shown = judged.Shown,
            VoteShare = judged.VoteShare,
            Missing = judged.MissingReason,
            Usage = judged.Usage,
            Votes = votes,
        };
    }

    /// <summary>The item again, without its texts.</summary>
    public JudgedItem ToItem() => new()
    {
        Item = new BenchmarkItem { Id = Id, Section = Section, Row = Row, Detail = Detail ?? "", Gold = Gold, Comparison = new Comparison("", "", "") },
        Preferred = Preferred,
        Shown = Shown,
        VoteShare = VoteShare,
        MissingReason = Missing,
        Usage = Usage,
    };
}

/// <summary>A run on disk: <c>judgments.jsonl</c>, a line for each comparison, and <c>report.json</c>.</summary>
/// <param name="path">The folder; it is created when something is written.</param>
public sealed class BenchmarkRunFolder(string path)
{
    private const string JudgmentsFile = "judgments.jsonl";
    private const string ReportFile = "report.json";

    /// <summary>Opens judgments.jsonl for writing, over an existing one.</summary>
    public async Task WriteJudgmentsAsync(IAsyncEnumerable<RecordedJudgment> judgments, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(judgments);
        Directory.CreateDirectory(path);
        StreamWriter writer = new(Path.Combine(path, JudgmentsFile)) { NewLine = "\n" };
        await using (writer.ConfigureAwait(false))
        {
            await foreach (RecordedJudgment judgment in judgments.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                await writer.WriteLineAsync(JsonSerializer.Serialize(judgment, BenchmarkJson.Lines.RecordedJudgment).AsMemory(), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes report.json.</summary>
    public Task WriteReportAsync(BenchmarkReport report, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(path);
        return File.WriteAllTextAsync(Path.Combine(path, ReportFile), BenchmarkJson.Text(report) + "\n", cancellationToken);
    }

    /// <summary>Reads a run back.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no finished run.</exception>
    /// <exception cref="InvalidDataException">A file of the run is damaged.</exception>
    public async Task<(BenchmarkReport Report, IReadOnlyList<JudgedItem> Items)> ReadAsync(CancellationToken cancellationToken = default)
    {
        string reportPath = Path.Combine(path, ReportFile);
        if (!File.Exists(reportPath))
        {
            throw new FileNotFoundException($"'{path}' holds no {ReportFile}; it is no folder of a finished benchmark run.", reportPath);
        }

        BenchmarkReport report = Parse(await File.ReadAllTextAsync(reportPath, cancellationToken).ConfigureAwait(false), BenchmarkJson.Lines.BenchmarkReport, reportPath);
        List<JudgedItem> items = [];
        string judgments = Path.Combine(path, JudgmentsFile);
        await foreach (string line in File.ReadLinesAsync(judgments, cancellationToken).ConfigureAwait(false))
        {
            items.Add(Parse(line, BenchmarkJson.Lines.RecordedJudgment, FormattableString.Invariant($"{judgments}:{items.Count + 1}")).ToItem());
        }

        return (report, items);
    }

    private static T Parse<T>(string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string place)
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
[JsonSerializable(typeof(BenchmarkReport))]
[JsonSerializable(typeof(RunComparison))]
[JsonSerializable(typeof(IReadOnlyList<BenchmarkReport>))]
[JsonSerializable(typeof(BenchmarkDescription))]
[JsonSerializable(typeof(IReadOnlyList<BenchmarkDescription>))]
public sealed partial class BenchmarkJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static BenchmarkJson Indented { get; } = new(Written(indented: true));

    /// <summary>One line a value.</summary>
    public static BenchmarkJson Lines { get; } = new(Written(indented: false));

    /// <summary>A report as it stands in its file.</summary>
    public static string Text(BenchmarkReport report) => JsonSerializer.Serialize(report, Indented.BenchmarkReport);

    private static JsonSerializerOptions Written(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        DefaultIgnoreCondition = indented ? JsonIgnoreCondition.Never : JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter<Outcome>(JsonNamingPolicy.SnakeCaseLower), new JsonStringEnumConverter<ShownOrder>(JsonNamingPolicy.SnakeCaseLower), new JsonStringEnumConverter<Verdict>(JsonNamingPolicy.SnakeCaseLower), new JsonStringEnumConverter<AskedOrders>(JsonNamingPolicy.SnakeCaseLower) },
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
public sealed record BenchmarkDescription(string Name, string Title, string Source, string Data, AskedOrders Orders, string Counting, IReadOnlyDictionary<string, string> Measures)
{
    /// <summary>The description of a benchmark.</summary>
    public static BenchmarkDescription Of(BenchmarkDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return new(definition.Name, definition.Title, definition.Source, definition.Data, definition.Orders, definition.Counting, definition.Measures.ToDictionary(measure => measure.Name, measure => measure.Meaning));
    }
}
