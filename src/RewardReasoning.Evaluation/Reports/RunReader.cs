using System.Globalization;
using System.Text.Json;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Arena;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Probes;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// Reads runs of every kind: folders of <c>rrm bench</c>, <c>bench arena</c> and <c>bench probes</c>, files of <c>rrm score</c>, and what
/// <c>rrm rate --json</c> and <c>rrm rank --json</c> printed.
/// </summary>
internal static class RunReader
{
    private const int MostExamples = 12;
    private const int LongestText = 1200;
    private const int LongestReasoning = 3000;

    private const string Known =
        "A run is a folder of rrm bench (--out), bench arena or bench probes, a file of rrm score, or the output of rrm rate "
        + "--json or rrm rank --json in a .json file.";

    /// <summary>Reads runs in the order that they are named in.</summary>
    /// <param name="runs">Each with its name and path.</param>
    /// <param name="patterns">Patterns of reasoning to look for.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or the folder holds no finished run.</exception>
    /// <exception cref="InvalidDataException">A file of a run is damaged.</exception>
    /// <exception cref="RunException">A file does not belong to a run.</exception>
    public static async Task<IReadOnlyList<ReportedRun>> ReadAsync(
        IReadOnlyList<(string Name, string Path)> runs,
        ReasoningPatterns patterns,
        CancellationToken cancellationToken
    )
    {
        List<object> found = [];
        foreach ((string name, string path) in runs)
        {
            found.Add(await OpenAsync(name, path, cancellationToken).ConfigureAwait(false));
        }

        Queue<JudgedRun> judged = new(
            await RunAnalyzer.AnalyseAsync([.. found.OfType<JudgedSource>()], patterns, cancellationToken).ConfigureAwait(false)
        );
        return [.. found.Select(run => run as ReportedRun ?? judged.Dequeue())];
    }

    /// <summary>A run that is read already, or where its judgments are to be read from.</summary>
    private static async Task<object> OpenAsync(string name, string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            return await OpenFolderAsync(name, path, cancellationToken).ConfigureAwait(false);
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file or folder '{path}'. {Known}", path);
        }

        return await PrintedAsync(name, path, cancellationToken).ConfigureAwait(false)
            ?? await OpenRowsAsync(name, path, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<object> OpenFolderAsync(string name, string path, CancellationToken cancellationToken)
    {
        string file = Path.Combine(path, LineFile.ReportFile);
        if (!File.Exists(file))
        {
            throw new FileNotFoundException(
                $"'{path}' holds no {LineFile.ReportFile}; it is not a folder of a finished run. {Known}",
                file
            );
        }

        byte[] json = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            bool Has(string property) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(property, out _);
            if (Has("standings"))
            {
                ArenaReport report = root.Deserialize(ArenaJson.Lines.ArenaReport) ?? throw new JsonException("The file holds null.");
                return new ArenaRun
                {
                    Name = name,
                    Facts = RunFacts.Of(RunFolderSettings.Read(path), report.Judge, null),
                    Report = report,
                };
            }

            if (Has("probes"))
            {
                ProbeReport report = root.Deserialize(ProbeJson.Lines.ProbeReport) ?? throw new JsonException("The file holds null.");
                return await ProbesAsync(name, path, report, cancellationToken).ConfigureAwait(false);
            }

            return Has("benchmark") && root.GetProperty("benchmark") is { ValueKind: JsonValueKind.String } benchmark
                ? new FolderSource(name, path, benchmark.GetString() ?? "")
                : throw new RunException($"'{file}' is not a report of a run that rrm knows. {Known}");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{file}: {exception.Message}", exception);
        }
    }

    private static async Task<ProbeRun> ProbesAsync(string name, string path, ProbeReport report, CancellationToken cancellationToken)
    {
        HashSet<string> right = [];
        List<ReportCase> cases = [];
        List<ProbeExample> examples = [];
        MissingVerdicts missing = new();
        await foreach (
            ProbedJudgment judgment in new BenchmarkRunFolder(path)
                .ReadLinesAsync("judgments.jsonl", ProbeJson.Lines.ProbedJudgment, cancellationToken)
                .ConfigureAwait(false)
        )
        {
            if (judgment.Answer == ProbeAnswer.Missing)
            {
                missing.AddItem($"{judgment.Id}, {judgment.Probe}", judgment.Reason ?? "no verdict");
            }

            if (judgment.Probe == ProbeCatalog.Unchanged.Name)
            {
                continue;
            }

            cases.Add(
                new ReportCase(
                    judgment.Id,
                    judgment.Probe,
                    judgment.Answer switch
                    {
                        ProbeAnswer.Better => CaseStatus.Passed,
                        ProbeAnswer.Worse => CaseStatus.Failed,
                        ProbeAnswer.Refused => CaseStatus.Unlabelled,
                        _ => CaseStatus.Missing,
                    },
                    judgment.Answer switch
                    {
                        ProbeAnswer.Better => "",
                        ProbeAnswer.Worse => "The probe flipped a verdict that was right.",
                        ProbeAnswer.Refused => judgment.Reason ?? "The judge refuses such texts.",
                        _ => judgment.Reason ?? "There is no verdict.",
                    }
                )
            );
            if (
                judgment.Answer == ProbeAnswer.Worse
                && examples.Count(example => example.Probe == judgment.Probe) < 2
                && examples.Count < MostExamples
            )
            {
                examples.Add(ExampleOf(judgment));
            }
        }

        return new ProbeRun
        {
            Name = name,
            Facts = RunFacts.Of(RunFolderSettings.Read(path), report.Judge, report.Judging),
            Report = report,
            Judgments = cases,
            Examples = examples,
            Missing = missing.Analyse(),
        };
    }

    private static ProbeExample ExampleOf(ProbedJudgment judgment)
    {
        bool firstIsBetter = judgment.Better == Verdict.First;
        return new ProbeExample(
            judgment.Id,
            judgment.Probe,
            [
                new("Query", ExamplePicker.Clip(judgment.Shown.Query, LongestText)),
                new(
                    firstIsBetter ? "First response (the better one)" : "First response",
                    ExamplePicker.Clip(judgment.Shown.Response1, LongestText)
                ),
                new(
                    firstIsBetter ? "Second response" : "Second response (the better one)",
                    ExamplePicker.Clip(judgment.Shown.Response2, LongestText)
                ),
            ],
            ExampleJudgment.Describe(judgment.Votes),
            ExamplePicker.Clip(
                judgment.Votes.FirstOrDefault(vote => vote.Verdict != judgment.Better && vote.Verdict != Verdict.Unparsable)?.Reasoning
                    ?? "",
                LongestReasoning
            )
        );
    }

    /// <summary>What <c>rrm rate --json</c> or <c>rrm rank --json</c> printed; null of another file.</summary>
    private static async Task<ReportedRun?> PrintedAsync(string name, string path, CancellationToken cancellationToken)
    {
        const long LargestBoard = 64 << 20;
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || new FileInfo(path).Length > LargestBoard)
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
            JsonElement root = document.RootElement;
            bool Has(string property) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(property, out _);
            if (Has("ratings"))
            {
                return root.Deserialize(ReportJson.Lines.Leaderboard) is { Ratings.Count: > 0 } board
                    ? new LeaderboardRun
                    {
                        Name = name,
                        Facts = new RunFacts { Judge = "none: matches as they were recorded" },
                        Board = board,
                    }
                    : throw new RunException($"'{path}' has no ratings; there is nothing to report.");
            }

            // Rows of rrm score have a ranking too, and no matches.
            return !Has("ranking") || !Has("matches") ? null
                : root.Deserialize(ReportJson.Lines.PrintedRanking) is { Ranking.Count: > 0 } ranking
                    ? new RankingRun
                    {
                        Name = name,
                        Facts = new RunFacts(),
                        Printed = ranking,
                    }
                : throw new RunException($"'{path}' is a ranking of no response; there is nothing to report.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>A file of <c>rrm score</c>: pairs are analysed as judgments; of candidates the rankings are counted.</summary>
    private static async Task<object> OpenRowsAsync(string name, string path, CancellationToken cancellationToken)
    {
        RankedRows ranked = new();
        bool hasPairs = false;
        await foreach (DataRow row in RowReader.ReadAsync(path, cancellationToken).ConfigureAwait(false))
        {
            if (ScoredRow.JudgmentOf(row) is not null)
            {
                hasPairs = true;
                break;
            }

            ranked.Add(row);
        }

        RunSettings? settings = RunSettings.Read(path + RunRecord.Ending);
        return hasPairs || ranked is { Ranked: 0, HasErrors: true } ? new ScoredFileSource(name, path)
            : ranked.Ranked > 0 ? ranked.ToRun(name, RunFacts.Of(settings, settings?.Model, null))
            : throw new RunException($"'{path}' holds no row with a judgment, a ranking or an error of rrm score. {Known}");
    }

    /// <summary>Counts rows of candidates.</summary>
    private sealed class RankedRows
    {
        private readonly List<int> _bestAt = [];
        private readonly MissingVerdicts _missing = new();
        private readonly List<ReportCase> _items = [];
        private int _rows;
        private int _responses;
        private int _withoutReward;
        private int _missingMatches;
        private long _longest;
        private long _ofLongest;

        public int Ranked { get; private set; }

        public bool HasErrors { get; private set; }

        public void Add(DataRow row)
        {
            if (ScoredRow.RankingOf(row) is not { } ranking)
            {
                if ((row.Field("error") ?? row.Error) is { } error)
                {
                    HasErrors = true;
                    _rows++;
                    _missing.AddItem(row.Place, error);
                    _items.Add(new ReportCase(row.Place, "rows", CaseStatus.Missing, error));
                }

                return;
            }

            _rows++;
            Ranked++;
            _items.Add(new ReportCase(row.Place, "rows", CaseStatus.Passed, ""));
            JsonElement[] responses = [.. ranking.EnumerateArray()];
            _responses += responses.Length;
            _withoutReward += responses.Count(response =>
                !response.TryGetProperty("reward", out JsonElement reward) || reward.ValueKind == JsonValueKind.Null
            );
            _missingMatches += int.TryParse(row.Field("missing_matches"), NumberStyles.None, CultureInfo.InvariantCulture, out int matches)
                ? matches
                : 0;
            if (responses.Length > 0 && responses[0].TryGetProperty("index", out JsonElement index) && index.TryGetInt32(out int best))
            {
                while (_bestAt.Count < responses.Length || _bestAt.Count <= best)
                {
                    _bestAt.Add(0);
                }

                _bestAt[best]++;
                AddLength(row, best);
            }
        }

        private void AddLength(DataRow row, int best)
        {
            if (RowRecognizer.Recognize(row) is CandidatesContent candidates && best < candidates.Responses.Count)
            {
                int[] lengths = [.. candidates.Responses.Select(response => response.Length)];
                int most = lengths.Max();
                if (lengths.Count(length => length == most) == 1)
                {
                    _ofLongest++;
                    _longest += lengths[best] == most ? 1 : 0;
                }
            }
        }

        public RankedRowsRun ToRun(string name, RunFacts facts) =>
            new()
            {
                Name = name,
                Facts = facts,
                Rows = _rows,
                Ranked = Ranked,
                Responses = _responses,
                WithoutReward = _withoutReward,
                MissingMatches = _missingMatches,
                BestIsLongest = new CountedShare(_longest, _ofLongest),
                BestAt = _bestAt,
                Items = _items,
                Missing = _missing.Analyse(),
            };
    }
}
