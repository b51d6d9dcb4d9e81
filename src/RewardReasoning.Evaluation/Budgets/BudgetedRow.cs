using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Budgets;

/// <summary>A row of a pair whose votes are paid from a budget.</summary>
internal sealed class BudgetedRow(DataRow row, PairContent content, OpenVoting voting) : IBudgetedPair
{
    /// <inheritdoc/>
    public int First => voting.First;

    /// <inheritdoc/>
    public int Second => voting.Second;

    /// <inheritdoc/>
    public int Asked => voting.Asked;

    /// <inheritdoc/>
    public int MaxVotes => voting.MaxVotes;

    /// <inheritdoc/>
    public int Step => voting.Step;

    /// <inheritdoc/>
    public long Tokens => voting.Tokens;

    /// <inheritdoc/>
    public double? Doubt => voting.Doubt;

    /// <inheritdoc/>
    public bool IsClosed => Refusal is not null;

    /// <summary>What its votes and the first stage took.</summary>
    public Usage Usage => (Quick?.Usage ?? Usage.None) + voting.Usage;

    /// <summary>What the first stage said; null where there is none, or it failed.</summary>
    private Judgment? Quick { get; set; }

    /// <summary>Whether the first stage decided.</summary>
    public bool IsScreened { get; private set; }

    /// <summary>Asks the first stage.</summary>
    public async Task ScreenAsync(ScreenedJudge stages, CancellationToken cancellationToken)
    {
        Quick = await stages.ScreenAsync(content.Comparison, cancellationToken).ConfigureAwait(false);
        IsScreened = Quick is not null && stages.Decides(Quick);
    }

    /// <summary>What ended the row; null while it is open.</summary>
    public Exception? Refusal { get; private set; }

    /// <inheritdoc/>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            await voting.AskAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception refusal) when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(refusal) == FailureScope.Row)
        {
            Refusal = refusal;
        }
    }

    /// <summary>What became of the row.</summary>
    /// <exception cref="Exception">Every request failed, and nothing has succeeded in this run.</exception>
    public async Task<JudgedRow> EndAsync(FailurePolicy failures, CancellationToken cancellationToken)
    {
        if (IsScreened && Quick is { } decided)
        {
            return new JudgedRow(row, content, decided with { IsScreened = true, CalibratedConfidence = null }, null);
        }

        if (Refusal is not null)
        {
            return new JudgedRow(row, content, null, Refusal.Message);
        }

        if (Asked == 0)
        {
            return new JudgedRow(row, content, null, "The budget was used up before this pair had a vote. Raise it, or judge fewer rows.");
        }

        try
        {
            Judgment judgment = await voting.EndAsync(cancellationToken).ConfigureAwait(false);
            judgment = Quick is { } asked ? judgment with { IsScreened = false, Usage = asked.Usage + judgment.Usage } : judgment;
            return new JudgedRow(
                row,
                content,
                judgment,
                judgment.Outcome == MatchOutcome.Missing ? judgment.MissingReason ?? "No vote has a verdict." : null
            );
        }
        catch (Exception exception) when (failures.EndsOnlyTheRow(exception, cancellationToken))
        {
            return new JudgedRow(row, content, null, exception.Message);
        }
    }

    /// <summary>Does nothing but end the run where that is what the row's failure does: when nothing has succeeded yet.</summary>
    public async Task CheckAsync(FailurePolicy failures, CancellationToken cancellationToken)
    {
        if (First + Second == 0 && !IsClosed)
        {
            _ = await EndAsync(failures, cancellationToken).ConfigureAwait(false);
        }
    }
}
