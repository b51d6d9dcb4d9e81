namespace RewardReasoning.Verification.Arithmetic;

/// <summary>Counts steps of work; not a clock, so the same answers always get the same verdict.</summary>
internal sealed class WorkBudget(int steps)
{
    private long _left = steps;

    /// <summary>Takes steps away.</summary>
    /// <exception cref="WorkBudgetException">None are left.</exception>
    public void Spend(long count)
    {
        _left -= count;
        if (_left < 0)
        {
            throw new WorkBudgetException();
        }
    }
}

/// <summary>An answer asks for more work than is allowed.</summary>
internal sealed class WorkBudgetException() : Exception("The answer asks for more work than is allowed.");
