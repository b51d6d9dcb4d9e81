using System.Globalization;
using System.Text.Json;
using RewardReasoning.Data.Export.Trl;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation.Labelling;

/// <summary>How <see cref="FileLabeller"/> labels.</summary>
public sealed record LabelOptions
{
    /// <summary>The shape of the written pairs.</summary>
    public TrlShape Shape { get; init; } = TrlShape.Messages;

    /// <summary>Which pairs are made of the candidates of a row.</summary>
    public PairChoice Pairs { get; init; } = PairChoice.BestWorst;

    /// <summary>Drop pairs whose margin of votes is below this.</summary>
    /// <value>0, from 0 to 1.</value>
    public double MinMargin { get; init; }

    /// <summary>How the candidates of a row meet; the concurrency is the run's.</summary>
    public RankingOptions Ranking { get; init; } = new();

    /// <summary>End the run at the first row that cannot be judged.</summary>
    public bool StopAtFirstMissing { get; init; }

    /// <summary>Progress, concurrency and clock.</summary>
    public RunOptions Run { get; init; } = new();
}

/// <summary>Judges pairs or candidates and writes preference pairs with margins, as TRL's DPO and reward trainers read them.</summary>
/// <param name="judge">The judge, which stays the caller's.</param>
/// <param name="options">How to label; the defaults if null.</param>
public sealed class FileLabeller(OpenedJudge judge, LabelOptions? options = null)
{
    private readonly LabelOptions _options = options ?? new();

    /// <summary>Labels rows.</summary>
    /// <param name="rows">What is read.</param>
    /// <param name="target">Where the pairs go.</param>
    /// <param name="cancellationToken">Ends the run; pairs that were judged are written.</param>
    /// <exception cref="RewardReasoningException">The target cannot be used, or has an unfinished run with other settings.</exception>
    public async Task<LabelReport> LabelAsync(RowSource rows, RowTarget target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(target);
        if (_options.MinMargin is not (>= 0 and <= 1))
        {
            throw new RunException(FormattableString.Invariant($"--min-margin is {_options.MinMargin}; it is from 0 to 1."));
        }

        target.RequireUsable(rows, columnsAreKnown: true);
        RunOptions run = _options.Run;
        TrlRows format = new(_options.Shape, withMargin: true);
        RunRecord? record = await RunRecord
            .OpenAsync(target, rows, judge, SettingsOf(_options), run.Time, cancellationToken)
            .ConfigureAwait(false);
        RowColumns? columns = target.NeedsColumns ? format.Columns() : null;
        long? total = await JudgedRows.CountAsync(rows, run, cancellationToken).ConfigureAwait(false);
        long start = run.Time.GetTimestamp();
        LabelSummary summary = new(format, _options.MinMargin);
        RowLabeller labeller = new(new RowJudge(judge.Judge, JudgedRows.RankerOf(judge, _options.Ranking, run)), _options.Pairs);
        MissingItem? stoppedAt = null;
        RowOutput output = await RowOutput.OpenAsync(target, columns, record, run, cancellationToken).ConfigureAwait(false);
        await using (output.ConfigureAwait(false))
        {
            await foreach (
                LabelledRow labelled in JudgedRows
                    .SelectAsync(rows, judge, run, labeller.LabelAsync, output, cancellationToken)
                    .ConfigureAwait(false)
            )
            {
                IReadOnlyList<TrlPair> pairs = summary.Add(labelled);
                if (labelled.Scored.Error is { } error)
                {
                    MissingItem missing = new(labelled.Scored.Row.Place, error);
                    run.OnMissing?.Invoke(missing);
                    if (_options.StopAtFirstMissing)
                    {
                        stoppedAt = missing;
                        break;
                    }
                }

                foreach (TrlPair pair in pairs)
                {
                    await output.WriteAsync(json => format.Write(json, pair)).ConfigureAwait(false);
                }

                run.Progress?.Report(new RunProgress(summary.Rows, summary.Missing, total, summary.Usage));
            }

            if (stoppedAt is null)
            {
                output.Complete();
            }
        }

        return summary.Report(run.Time.GetElapsedTime(start)) with
        {
            StoppedAt = stoppedAt,
        };
    }

    private static Dictionary<string, string> SettingsOf(LabelOptions options) =>
        new(RankingSettings.Of(options.Ranking))
        {
            ["shape"] = JsonNamingPolicy.KebabCaseLower.ConvertName(options.Shape.ToString()),
            ["pairs"] = JsonNamingPolicy.KebabCaseLower.ConvertName(options.Pairs.ToString()),
            ["min-margin"] = options.MinMargin.ToString(CultureInfo.InvariantCulture),
        };
}
