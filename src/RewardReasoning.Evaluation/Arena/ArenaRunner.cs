using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.IO;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Arena;

/// <summary>What <see cref="ArenaRunner"/> asks and keeps.</summary>
public sealed record ArenaOptions
{
    /// <summary>Only the first prompts; all if null.</summary>
    public int? Limit { get; init; }

    /// <summary>Folder for every judgment, the battles and the report; nowhere if null.</summary>
    public string? Folder { get; init; }

    /// <summary>Progress, concurrency and clock.</summary>
    public RunOptions Run { get; init; } = new();
}

/// <summary>Compares models by their answers to the same prompts: win rates against one baseline, or ratings.</summary>
/// <param name="judge">The judge, opened with <see cref="ApplyTo"/>; it stays the caller's.</param>
/// <param name="options">What to ask and keep; the defaults if null.</param>
public sealed class ArenaRunner(OpenedJudge judge, ArenaOptions? options = null)
{
    private readonly ArenaOptions _options = options ?? new();

    /// <summary>The options that a judge is opened with for an arena: every vote is asked in both orders.</summary>
    public static JudgeOptions ApplyTo(JudgeOptions judging) => judging with { Order = VoteOrder.Both, FurtherVotesOnDraw = 0 };

    /// <summary>Judges every answer against those of the baselines to the same prompt.</summary>
    /// <param name="answers">Files, folders or patterns of rows of model, prompt and answer.</param>
    /// <param name="baselines">Whom the others meet: names of models in these files, or further files of answers.</param>
    /// <param name="cancellationToken">Ends the run; what was judged is kept.</param>
    /// <returns>The leaderboard; null where no battle has a result.</returns>
    /// <exception cref="RewardReasoningException">No prompt was answered by a model and by its baseline.</exception>
    public async Task<ArenaReport?> RunAsync(
        IReadOnlyList<string> answers,
        IReadOnlyList<string> baselines,
        CancellationToken cancellationToken = default
    )
    {
        string[] files = [.. baselines.Where(File.Exists)];
        string[] ofBaselines = [.. (await ArenaFiles.ReadAnswersAsync(files, cancellationToken).ConfigureAwait(false)).Models];
        ArenaAnswers all = await ArenaFiles
            .ReadAnswersAsync([.. answers.SelectMany(RowFiles.Find), .. files], cancellationToken)
            .ConfigureAwait(false);
        string[] names = [.. baselines.Except(files), .. ofBaselines];
        IReadOnlyList<BenchmarkItem> items = all.Battles(names, _options.Limit ?? int.MaxValue);
        RunFolderSettings? settings = _options.Folder is not { } folder
            ? null
            : await RunFolderSettings
                .BeginAsync(
                    folder,
                    [.. answers, .. files],
                    judge,
                    _options.Run,
                    _options.Limit,
                    new Dictionary<string, string> { ["baseline"] = string.Join(", ", names) },
                    cancellationToken
                )
                .ConfigureAwait(false);
        return items.Count > 0
            ? await JudgeAsync(items, names, settings, cancellationToken).ConfigureAwait(false)
            : throw new RunException(
                "No prompt was answered by a model and by its baseline; answers meet where their prompts are the same text."
            );
    }

    /// <summary>Makes a leaderboard of recorded battles; nothing is judged.</summary>
    /// <param name="path">battles.jsonl of a run, or any file of matches.</param>
    /// <param name="baselines">The models that the others met; none for ratings of all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The leaderboard; null where no battle has a result.</returns>
    /// <exception cref="RewardReasoningException">A baseline has no battles, or there are battles among the others.</exception>
    public static async Task<ArenaReport?> ReplayAsync(
        string path,
        IReadOnlyList<string> baselines,
        CancellationToken cancellationToken = default
    )
    {
        (IReadOnlyList<Battle> battles, int missing) = await ArenaFiles.ReadBattlesAsync(path, cancellationToken).ConfigureAwait(false);
        if (baselines.FirstOrDefault(name => !battles.Any(battle => battle.Model1 == name || battle.Model2 == name)) is { } unknown)
        {
            IEnumerable<string> players = battles
                .SelectMany(battle => new[] { battle.Model1, battle.Model2 })
                .Distinct()
                .Order(StringComparer.Ordinal);
            throw new RunException($"'{path}' has no battle of the baseline '{unknown}'; there are of {string.Join(", ", players)}.");
        }

        // A win rate is against the baseline: battles among the others say nothing about it.
        return baselines is [var only] && battles.Any(battle => battle.Model1 != only && battle.Model2 != only)
            ? throw new RunException($"'{path}' has battles without '{only}'; leave --baseline out for ratings of all.")
            : Report(Path.GetFileName(path), battles, missing, baselines);
    }

    private async Task<ArenaReport?> JudgeAsync(
        IReadOnlyList<BenchmarkItem> items,
        IReadOnlyList<string> baselines,
        RunFolderSettings? settings,
        CancellationToken cancellationToken
    )
    {
        ComparisonRun run = new(judge, _options.Run);
        IReadOnlyList<JudgedItem> judged = await run.RunAsync(
                items,
                _options.Folder,
                one => Battle.Of(one) is null ? one.MissingReason ?? "one of the two orders has no answer." : null,
                cancellationToken
            )
            .ConfigureAwait(false);
        Battle[] battles = [.. judged.Select(Battle.Of).OfType<Battle>()];
        ArenaReport? result = Report(run.Model, battles, judged.Count - battles.Length, baselines)?.WithJudgments(judged);
        if (result is not null && settings is not null && _options.Folder is { } folder)
        {
            await ArenaFiles.WriteBattlesAsync(folder, judged, cancellationToken).ConfigureAwait(false);
            await settings.WriteAsync(folder, judged.Count, cancellationToken).ConfigureAwait(false);
            await AtomicFile
                .WriteAllTextAsync(Path.Combine(folder, LineFile.ReportFile), result.ToJson() + "\n", cancellationToken)
                .ConfigureAwait(false);
        }

        return result;
    }

    private static ArenaReport? Report(string judge, IReadOnlyList<Battle> battles, int missing, IReadOnlyList<string> baselines) =>
        battles.Count == 0 ? null : ArenaReport.Of(judge, battles, missing, baselines, new Bootstrap());
}
