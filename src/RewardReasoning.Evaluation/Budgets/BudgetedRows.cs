using System.Runtime.CompilerServices;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Budgets;

/// <summary>Judges all pairs of a run under one budget. The rows are held in memory, as votes are spread over all of them.</summary>
/// <param name="judge">A judge that votes.</param>
/// <param name="budgetOf">The budget, by the number of pairs.</param>
/// <param name="stages">A first stage before the votes, whose tokens are of the budget too; null for none.</param>
/// <param name="run">Gets the progress of spending, in the unit of the budget.</param>
internal sealed class BudgetedRows(ReasoningJudge judge, Func<long, VoteBudget> budgetOf, ScreenedJudge? stages, RunOptions run)
{
    /// <summary>Pairs that the first stage is asked about at once.</summary>
    private const int Chunk = 256;

    private readonly FailurePolicy _failures = new();

    /// <summary>All rows in their order, once the budget is spent.</summary>
    public async IAsyncEnumerable<JudgedRow> SelectAsync(RowSource rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<object> all = [];
        await foreach (DataRow row in rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            all.Add(Open(row));
        }

        BudgetedRow[] every = [.. all.OfType<BudgetedRow>()];
        VoteBudget budget = budgetOf(every.Length);
        long before = stages is null ? 0 : await ScreenAsync(every, budget, stages, cancellationToken).ConfigureAwait(false);
        BudgetedRow[] pairs = [.. every.Where(pair => !pair.IsScreened)];
        VoteAllocation allocation = new(pairs, budget with { Limit = budget.Limit - before });
        await allocation.RunAsync(AfterRoundAsync, cancellationToken).ConfigureAwait(false);
        foreach (object one in all)
        {
            yield return one is BudgetedRow pair ? await pair.EndAsync(_failures, cancellationToken).ConfigureAwait(false) : (JudgedRow)one;
        }

        async Task AfterRoundAsync(IReadOnlyList<IBudgetedPair> asked)
        {
            if (asked.Any(pair => pair.First + pair.Second > 0))
            {
                _failures.Succeeded();
            }

            foreach (BudgetedRow pair in asked.Cast<BudgetedRow>())
            {
                await pair.CheckAsync(_failures, cancellationToken).ConfigureAwait(false);
            }

            run.Progress?.Report(
                new RunProgress(before + allocation.Spent, pairs.Count(pair => pair.IsClosed), budget.Limit, UsageOf(every))
            );
        }
    }

    /// <summary>Asks the first stage about all pairs, as far as the budget goes.</summary>
    /// <returns>What that took of the budget: its tokens; it has no votes.</returns>
    private async Task<long> ScreenAsync(BudgetedRow[] pairs, VoteBudget budget, ScreenedJudge stages, CancellationToken cancellationToken)
    {
        long spent = 0;
        foreach (BudgetedRow[] chunk in pairs.Chunk(Chunk).TakeWhile(_ => spent < budget.Limit))
        {
            await Task.WhenAll(chunk.Select(pair => pair.ScreenAsync(stages, cancellationToken))).ConfigureAwait(false);
            spent += budget.InTokens ? chunk.Sum(pair => pair.Usage.OutputTokens) : 0;
            if (chunk.Any(pair => pair.IsScreened))
            {
                _failures.Succeeded();
            }
        }

        return spent;
    }

    private static Usage UsageOf(BudgetedRow[] pairs) => pairs.Aggregate(Usage.None, (sum, pair) => sum + pair.Usage);

    private object Open(DataRow row)
    {
        RowContent content = RowRecognizer.Recognize(row);
        try
        {
            return content switch
            {
                PairContent pair => new BudgetedRow(row, pair, judge.Open(pair.Comparison)),
                FaultyContent faulty => new JudgedRow(row, content, null, faulty.Error),
                _ => new JudgedRow(
                    row,
                    content,
                    null,
                    $"The row holds {RowKinds.Describe(content.Kind)}; a budget spreads votes over pairs of responses."
                ),
            };
        }
        catch (OutOfDomainException refusal)
        {
            return new JudgedRow(row, content, null, refusal.Message);
        }
    }
}
