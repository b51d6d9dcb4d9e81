using RewardReasoning.Data.Preferences;

namespace RewardReasoning.Cli.Labelling;

/// <summary>Counts what becomes of rows and pairs, and drops pairs that no trainer should see.</summary>
internal sealed class LabelSummary(PreferenceShape shape, double minMargin)
{
    private double _margins;

    public long Rows { get; private set; }

    /// <summary>Rows of which no pair could be made, for want of a judgment.</summary>
    public long Missing { get; private set; }

    /// <summary>Pairs to be written.</summary>
    public long Pairs { get; private set; }

    /// <summary>Pairs dropped because their votes were a draw.</summary>
    public long Draws { get; private set; }

    /// <summary>Pairs dropped for too small a margin, or one against the ranking that they come from.</summary>
    public long LowMargins { get; private set; }

    /// <summary>Pairs dropped because a trainer cannot take them: equal or empty responses, a query that does not end with the user.</summary>
    public long Unusable { get; private set; }

    /// <summary>What all judgments took.</summary>
    public Usage Usage { get; private set; } = Usage.None;

    /// <summary>Mean margin of the pairs to be written; null without any.</summary>
    public double? MeanMargin => Pairs > 0 ? _margins / Pairs : null;

    /// <summary>Adds a row and gives its pairs that are to be written.</summary>
    public IReadOnlyList<PreferenceRow> Add(LabelledRow row)
    {
        Rows++;
        Missing += row.Pairs.Count == 0 ? 1 : 0;
        Usage += row.Scored.Judgment?.Usage ?? row.Scored.Ranking?.Usage ?? Usage.None;
        Usage += row.Extra?.Usage ?? Usage.None;
        return [.. row.Pairs.Where(IsKept)];
    }

    private bool IsKept(PreferenceRow pair)
    {
        if (pair.FaultFor(shape) is not null)
        {
            Unusable++;
        }
        else if (pair.Margin == 0)
        {
            Draws++;
        }
        else if (pair.Margin < 0 || pair.Margin < minMargin)
        {
            LowMargins++;
        }
        else
        {
            Pairs++;
            _margins += pair.Margin;
            return true;
        }

        return false;
    }
}
