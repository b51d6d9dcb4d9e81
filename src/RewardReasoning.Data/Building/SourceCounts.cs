namespace RewardReasoning.Data.Building;

/// <summary>What became of the rows, responses and pairs of a source.</summary>
internal sealed class SourceCounts
{
    /// <summary>Rows read: questions or pairs.</summary>
    public long Rows { get; internal set; }

    /// <summary>Rows that could not be read or are not of the kind that is needed.</summary>
    public long FaultyRows { get; internal set; }

    /// <summary>Outputs found for the questions.</summary>
    public long Responses { get; internal set; }

    /// <summary>Outputs whose question was not read, or comes too late.</summary>
    public long UnmatchedResponses { get; internal set; }

    /// <summary>Outputs left out by a requirement.</summary>
    public long ExcludedResponses { get; internal set; }

    /// <summary>Responses that are empty, or cut inside their thought.</summary>
    public long EmptyResponses { get; internal set; }

    /// <summary>Outputs that could not be told right or wrong: no pair is made of them.</summary>
    public long UndecidedResponses { get; internal set; }

    /// <summary>Right (or better) responses that are left.</summary>
    public long Right { get; internal set; }

    /// <summary>Wrong (or worse) ones.</summary>
    public long Wrong { get; internal set; }

    /// <summary>Queries with both.</summary>
    public long QueriesWithBoth { get; internal set; }

    /// <summary>Queries left out because a benchmark has them, by its name.</summary>
    public SortedDictionary<string, long> Contaminated { get; } = new(StringComparer.Ordinal);

    /// <summary>Pairs left out because they came before, in this source or another.</summary>
    public long Duplicates { get; internal set; }

    /// <summary>Pairs left out because the votes were a draw or their margin too small.</summary>
    public long LowMargins { get; internal set; }

    /// <summary>Pairs left out because the judge, or the model that was asked for outputs, failed.</summary>
    public long Missing { get; internal set; }

    /// <summary>Pairs that came of it, before mixing.</summary>
    public long Pairs { get; internal set; }

    /// <summary>Of the pairs, those whose query is held out.</summary>
    public long HeldOutPairs { get; internal set; }
}
