using RewardReasoning.Data.AnswerRows;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Verification;

namespace RewardReasoning.Evaluation.Scoring;

/// <summary>Says of each row of a file whether its prediction gives its gold answer. Nothing is asked of a model.</summary>
/// <param name="options">How answers are compared, where a row does not say; the defaults if null.</param>
/// <param name="run">Progress, concurrency and clock; the defaults if null.</param>
internal sealed class FileVerifier(VerifierOptions? options = null, RunOptions? run = null)
{
    private const int Window = 1024;

    private readonly VerifierOptions _options = options ?? new();
    private readonly RunOptions _run = run ?? new();

    /// <summary>Verifies rows.</summary>
    /// <param name="rows">Rows of gold and prediction.</param>
    /// <param name="target">Where the rows go with their verdict, in the same order.</param>
    /// <param name="by">A field (dotted path) by which the summary is broken down; none if null.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="RewardReasoningException">The target cannot be used.</exception>
    public async Task<VerificationSummary> VerifyAsync(
        RowSource rows,
        RowTarget target,
        string? by = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(target);
        target.RequireUsable(rows);
        VerificationSummary summary = new() { By = by };
        RowColumns? columns = target.NeedsColumns
            ? VerifiedRow.Columns(await rows.SurveyAsync(cancellationToken).ConfigureAwait(false))
            : null;
        RunRecord? record = await RunRecord
            .OpenAsync(target, rows, null, SettingsOf(_options), _run.Time, cancellationToken)
            .ConfigureAwait(false);
        RowOutput output = await RowOutput.OpenAsync(target, columns, record, _run, cancellationToken).ConfigureAwait(false);
        await using (output.ConfigureAwait(false))
        {
            await foreach (
                VerifiedRow verified in OrderedWindow
                    .SelectAsync(
                        rows.ReadAsync(cancellationToken),
                        _run.Concurrency ?? Environment.ProcessorCount,
                        Window,
                        (row, stop) => Task.Run(() => VerifiedRow.Of(row, _options), stop),
                        output.FlushAsync,
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                if (verified.Error is { } error)
                {
                    _run.OnMissing?.Invoke(new MissingItem(verified.Row.Place, error));
                }

                summary.Add(verified.Row, verified.Verdict, verified.Expected);
                await output.WriteAsync(json => verified.WriteTo(json, columns)).ConfigureAwait(false);
                _run.Progress?.Report(new RunProgress(summary.Rows, summary.Errors, null, Usage.None));
            }

            output.Complete();
        }

        return summary;
    }

    private static Dictionary<string, string> SettingsOf(VerifierOptions options) =>
        new()
        {
            ["verb"] = "data verify",
            ["decimals"] = options.Decimals.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["choices"] = options.Choices switch
            {
                true => "yes",
                false => "no",
                null => "by gold",
            },
        };
}
