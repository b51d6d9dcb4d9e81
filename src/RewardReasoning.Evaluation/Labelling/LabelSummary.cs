using RewardReasoning.Data.Export.Trl;

namespace RewardReasoning.Evaluation.Labelling;

/// <summary>Counts what becomes of rows and pairs, and drops pairs that no trainer should see.</summary>
internal sealed class LabelSummary(TrlRows format, double minMargin)
{
    private double _margins;

    public long Rows { get; private set; }

    /// <summary>Rows of which no pair could be made, for want of a judgment.</summary>
    public long Missing { get; private set; }

    /// <summary>Matches of all rankings that have no winner.</summary>
    public long MissingMatches { get; private set; }

    /// <summary>Rows of which no pair is made because the judge abstained.</summary>
    public long Abstained { get; private set; }

    /// <summary>Matches of all rankings that the judge abstained from.</summary>
    public long AbstainedMatches { get; private set; }

    /// <summary>Pairs to be written.</summary>
    public long Pairs { get; private set; }

    /// <summary>Pairs dropped because their votes were a draw, or for a tie.</summary>
    public long Draws { get; private set; }

    /// <summary>Pairs dropped for too small a margin, or one against the ranking that they come from.</summary>
    public long LowMargins { get; private set; }

    /// <summary>
    /// Pairs dropped because a trainer cannot take them: equal or empty responses, a query that does not end with the user.
    /// </summary>
    public long Unusable { get; private set; }

    /// <summary>What all judgments took.</summary>
    public Usage Usage { get; private set; } = Usage.None;

    /// <summary>Mean margin of the pairs to be written; null without any.</summary>
    public double? MeanMargin => Pairs > 0 ? _margins / Pairs : null;

    /// <summary>Adds a row and gives its pairs that are to be written.</summary>
    public IReadOnlyList<TrlPair> Add(LabelledRow row)
    {
        Rows++;
        MissingMatches += row.Scored.MissingMatches;
        AbstainedMatches += row.Scored.AbstainedMatches;
        Abstained += row.Pairs.Count == 0 && row.IsAbstained ? 1 : 0;
        Draws += row.Pairs.Count == 0 && row.IsTie ? 1 : 0;
        Missing += row.Pairs.Count == 0 && row is { IsAbstained: false, IsTie: false } ? 1 : 0;
        Usage += row.Scored.Judgment?.Usage ?? row.Scored.Ranking?.Usage ?? Usage.None;
        Usage += row.Extra?.Usage ?? Usage.None;
        return [.. row.Pairs.Where(IsKept)];
    }

    /// <summary>What was added so far.</summary>
    public LabelReport Report(TimeSpan elapsed) =>
        new()
        {
            Rows = Rows,
            Missing = Missing,
            MissingMatches = MissingMatches,
            Abstained = Abstained,
            AbstainedMatches = AbstainedMatches,
            Pairs = Pairs,
            Draws = Draws,
            LowMargins = LowMargins,
            Unusable = Unusable,
            MeanMargin = MeanMargin,
            Usage = Usage,
            Seconds = Math.Round(elapsed.TotalSeconds, 3),
        };

    private bool IsKept(TrlPair pair)
    {
        if (format.FaultOf(pair) is not null || pair.Margin is not { } margin)
        {
            Unusable++;
        }
        else if (margin == 0)
        {
            Draws++;
        }
        else if (margin < 0 || margin < minMargin)
        {
            LowMargins++;
        }
        else
        {
            Pairs++;
            _margins += margin;
            return true;
        }

        return false;
    }
}
