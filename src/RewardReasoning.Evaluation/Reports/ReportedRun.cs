using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>One run of a report, of any kind: its result in words first, then a figure, how it was made, and the details.</summary>
internal abstract record ReportedRun
{
    /// <summary>Name of the run, unlike those beside it.</summary>
    public required string Name { get; init; }

    /// <summary>How it was made.</summary>
    public required RunFacts Facts { get; init; }

    /// <summary>What kind of run it is, for programs.</summary>
    public abstract string Kind { get; }

    /// <summary>The result in one or two plain sentences.</summary>
    public abstract IReadOnlyList<string> Result { get; }

    /// <summary>What makes the result less worth than it looks, each with what to do.</summary>
    public virtual IReadOnlyList<string> Warnings => [];

    /// <summary>The figure that shows the result; null where there is nothing to draw.</summary>
    public abstract ReportFigure? MainFigure { get; }

    /// <summary>The table that shows the result.</summary>
    public abstract ReportTable MainTable { get; }

    /// <summary>Further tables.</summary>
    public virtual IReadOnlyList<ReportTable> Details => [];

    /// <summary>Items as test cases.</summary>
    public abstract IReadOnlyList<ReportCase> Cases { get; }

    /// <summary>The share that <c>--fail-below</c> looks at; null where the run has none.</summary>
    public virtual MeasuredShare? Measured => null;
}

/// <summary>A share that can be checked against a threshold.</summary>
/// <param name="Section">What it is of; "overall" for all items.</param>
/// <param name="Value">The share if every missing verdict were wrong.</param>
/// <param name="Low">The lower end of its 95 % interval.</param>
/// <param name="Missing">Items without a verdict.</param>
internal sealed record MeasuredShare(string Section, double Value, double? Low, int Missing);

/// <summary>What a test case came to.</summary>
internal enum CaseStatus
{
    /// <summary>It could not be decided: a verdict is missing.</summary>
    Missing,

    /// <summary>It is right.</summary>
    Passed,

    /// <summary>It is wrong.</summary>
    Failed,

    /// <summary>Nothing is known to be right.</summary>
    Unlabelled,

    /// <summary>The judge abstained.</summary>
    Abstained,
}

/// <summary>An item of a run as a test case.</summary>
/// <param name="Id">The item's identity.</param>
/// <param name="Section">Its section.</param>
/// <param name="Outcome">What it came to.</param>
/// <param name="Message">Why, in one line; empty where it passed.</param>
internal sealed record ReportCase(string Id, string Section, CaseStatus Outcome, string Message)
{
    /// <summary>The case of a judged item.</summary>
    /// <param name="judged">The item.</param>
    /// <param name="credit">What it adds to the main figure; null where it does not count.</param>
    public static ReportCase Of(JudgedItem judged, double? credit)
    {
        (CaseStatus outcome, string message) = (judged, credit) switch
        {
            ({ Preferred: MatchOutcome.Missing }, _) => (CaseStatus.Missing, judged.MissingReason ?? "There is no verdict."),
            ({ Preferred: MatchOutcome.Abstained }, _) => (CaseStatus.Abstained, "The judge abstained."),
            (_, null) => (CaseStatus.Unlabelled, "The item has no label."),
            (_, 1.0) => (CaseStatus.Passed, ""),
            (_, > 0) => (CaseStatus.Failed, ReportText.Invariant($"Only {credit * 100:0} % of the orders are right.")),
            _ => (CaseStatus.Failed, $"The judge prefers {Name(judged.Preferred)}; right is {Name(judged.Item.Gold)}."),
        };
        return new ReportCase(judged.Item.Id, judged.Item.Section, outcome, message);
    }

    /// <summary>The case of a query of a best-of-n benchmark: whether the chosen response is right.</summary>
    public static ReportCase Of(RecordedRanking ranking)
    {
        BestOfItem item = ranking.Item;
        (CaseStatus outcome, string message) = ranking.Best switch
        {
            _ when item.IsDecided => (CaseStatus.Unlabelled, "All responses are right, or all are wrong: any choice comes to the same."),
            null => (CaseStatus.Missing, ranking.Missing ?? "Nothing was chosen."),
            { } best when item.Correct[best] => (CaseStatus.Passed, ""),
            { } best => (CaseStatus.Failed, ReportText.Invariant($"The chosen response {best + 1} of {item.Responses.Count} is wrong.")),
        };
        return new ReportCase(item.Id, item.Section, outcome, message);
    }

    private static string Name(MatchOutcome outcome) =>
        outcome switch
        {
            MatchOutcome.First => "the first response",
            MatchOutcome.Second => "the second response",
            _ => "neither",
        };
}
