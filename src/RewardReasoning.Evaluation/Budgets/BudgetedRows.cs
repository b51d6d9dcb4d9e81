using System.Runtime.CompilerServices;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Budgets;

/// <summary>Judges all pairs of a run under one budget. The rows are held in memory, as votes are spread over all of them.</summary>
/// <param name="judge">A judge that votes.</param>
/// <param name="budgetOf">The budget, by the number of pairs.</param>
/// <param name="run">Gets the progress of spending, in the unit of the budget.</param>
internal sealed class BudgetedRows(ReasoningJudge judge, Func<long, VoteBudget> budgetOf, RunOptions run)
{
    private readonly FailurePolicy _failures = new();

    /// <summary>All rows in their order, once the budget is spent.</summary>
    public async IAsyncEnumerable<JudgedRow> SelectAsync(RowSource rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<object> all = [];
        await foreach (DataRow row in rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            all.Add(Open(row));
        }

        BudgetedRow[] pairs = [.. all.OfType<BudgetedRow>()];
        VoteBudget budget = budgetOf(pairs.Length);
        VoteAllocation allocation = new(pairs, budget);
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

            run.Progress?.Report(new RunProgress(allocation.Spent, pairs.Count(pair => pair.IsClosed), budget.Limit, UsageOf(pairs)));
        }
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
