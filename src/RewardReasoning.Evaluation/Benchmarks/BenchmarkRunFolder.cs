using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.IO;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>One line of a run's judgments.jsonl: what was asked, what is right, what was said, and every vote.</summary>
internal sealed record RecordedJudgment
{
    /// <summary>The item's identity.</summary>
    public required string Id { get; init; }

    /// <summary>The item's section.</summary>
    public required string Section { get; init; }

    /// <summary>The item's row.</summary>
    public required string Row { get; init; }

    /// <summary>Further data for the benchmark's arithmetic.</summary>
    public string? Detail { get; init; }

    /// <summary>What was asked; null in runs that did not keep it.</summary>
    public Comparison? Comparison { get; init; }

    /// <summary>What is right.</summary>
    public required MatchOutcome Gold { get; init; }

    /// <summary>What the judge prefers.</summary>
    public required MatchOutcome Preferred { get; init; }

    /// <summary>What it said in each order.</summary>
    public required IReadOnlyList<ShownOutcome> Shown { get; init; }

    /// <summary>Share of its votes for what it prefers.</summary>
    public double? VoteShare { get; init; }

    /// <summary>How sure the judgment is (<see cref="Judgment.Confidence"/>); null of a replayed judge.</summary>
    public double? Confidence { get; init; }

    /// <summary>How often such judgments are right (<see cref="Judgment.CalibratedConfidence"/>); null without a fit.</summary>
    public double? CalibratedConfidence { get; init; }

    /// <summary>How unsure the judgment is (<see cref="Judgment.Uncertainty"/>); null of a replayed judge.</summary>
    public double? Uncertainty { get; init; }

    /// <summary>What the judge would have preferred where it abstained.</summary>
    public Verdict? Withheld { get; init; }

    /// <summary>Why there is no answer.</summary>
    public string? Missing { get; init; }

    /// <summary>What it cost.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>The votes, with their reasoning; none of a replayed judge.</summary>
    public IReadOnlyList<Vote> Votes { get; init; } = [];

    /// <summary>Whether a first stage decided; null where there is one stage.</summary>
    public bool? IsScreened { get; init; }

    /// <summary>What each member of a jury said; null of a single judge.</summary>
    public IReadOnlyDictionary<string, Judgment>? Members { get; init; }

    /// <summary>Who judged, where that is known row by row; not written.</summary>
    [JsonIgnore]
    public string? Model { get; init; }

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
            Uncertainty = judgment?.Uncertainty,
            Withheld = judgment?.Withheld,
            Missing = judged.MissingReason,
            Usage = judged.Usage,
            Votes = judgment?.Votes ?? [],
            IsScreened = judgment?.IsScreened,
            Members = judgment is { Members.Count: > 0 } ? judgment.Members : null,
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
/// A run on disk: <c>judgments.jsonl</c>, a line for each comparison (of a best-of-n benchmark <c>rankings.jsonl</c>, a line for each
/// query), <c>report.json</c>, and <c>run.json</c> with the settings.
/// </summary>
/// <param name="path">The folder; it is created when something is written.</param>
internal sealed class BenchmarkRunFolder(string path)
{
    internal const string JudgmentsFile = "judgments.jsonl";
    private const string ReportFile = LineFile.ReportFile;

    /// <summary>Writes judgments.jsonl, over an existing one.</summary>
    internal async Task WriteJudgmentsAsync(IEnumerable<RecordedJudgment> judgments)
    {
        LineFile lines = LineFile.Create(path, JudgmentsFile);
        await using (lines.ConfigureAwait(false))
        {
            foreach (RecordedJudgment judgment in judgments)
            {
                await lines.WriteAsync(judgment, BenchmarkJson.Lines.RecordedJudgment).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes report.json.</summary>
    public Task WriteReportAsync(BenchmarkReport report, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(path);
        return AtomicFile.WriteAllTextAsync(Path.Combine(path, ReportFile), report.ToJson() + "\n", cancellationToken);
    }

    /// <summary>Reads the report back.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no finished run.</exception>
    /// <exception cref="InvalidDataException">The report is damaged.</exception>
    public async Task<BenchmarkReport> ReadReportAsync(CancellationToken cancellationToken = default)
    {
        string file = Path.Combine(path, ReportFile);
        return File.Exists(file)
            ? Parse(await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false), BenchmarkJson.Lines.BenchmarkReport, file)
            : throw new FileNotFoundException($"'{path}' holds no {ReportFile}; it is not a folder of a finished benchmark run.", file);
    }

    /// <summary>Reads the judgments back, one at a time; none of a best-of-n run.</summary>
    /// <exception cref="InvalidDataException">A line is damaged; the message names it.</exception>
    public IAsyncEnumerable<RecordedJudgment> ReadJudgmentsAsync(CancellationToken cancellationToken = default) =>
        ReadLinesAsync(JudgmentsFile, BenchmarkJson.Lines.RecordedJudgment, cancellationToken);

    /// <summary>Reads the lines of a file back, one at a time; none where it is not there.</summary>
    internal async IAsyncEnumerable<T> ReadLinesAsync<T>(
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
