using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>What one benchmark run shows beyond its figures. What a run holds nothing of is empty or null.</summary>
internal sealed record RunAnalysis
{
    /// <summary>Name of the run, unlike those beside it.</summary>
    public required string Name { get; init; }

    /// <summary>The run's own report.</summary>
    public required BenchmarkReport Report { get; init; }

    /// <summary>
    /// How often m of a comparison's votes, drawn anew from those that were kept, have the right majority. Empty where all comparisons have
    /// one vote.
    /// </summary>
    public required IReadOnlyList<CurvePoint> ByVotes { get; init; }

    /// <summary>Whether comparisons have different numbers of votes: voting that ended early.</summary>
    public bool VotesDiffer { get; init; }

    /// <summary>
    /// How often the votes whose thought ended within x tokens have the right majority. Empty where tokens are not known.
    /// </summary>
    public required IReadOnlyList<CurvePoint> ByThoughtTokens { get; init; }

    /// <summary>Mean tokens of thought a vote; null where they are not known.</summary>
    public double? MeanThoughtTokens { get; init; }

    /// <summary>Ways of choosing among candidates over the matches of the run; null of a run of pairs.</summary>
    public ChoiceAnalysis? Choices { get; init; }

    /// <summary>Whether confidence is worth what it says; null without labelled judgments.</summary>
    public CalibrationAnalysis? Calibration { get; init; }

    /// <summary>What the place and the length of responses do to judgments.</summary>
    public required BiasAnalysis Bias { get; init; }

    /// <summary>Patterns of reasoning over the votes; empty where no vote has reasoning.</summary>
    public required IReadOnlyList<PatternShare> Patterns { get; init; }

    /// <summary>A few judgments to read.</summary>
    public required IReadOnlyList<ExampleJudgment> Examples { get; init; }

    /// <summary>The run against the first one of the same benchmark, item by item; null of that first one.</summary>
    public RunComparison? Comparison { get; init; }
}

/// <summary>A point of a curve.</summary>
/// <param name="X">Where it stands.</param>
/// <param name="Value">Its value.</param>
/// <param name="Low">Lower bound of a 95% interval; null where there is none.</param>
/// <param name="High">Upper bound.</param>
internal sealed record CurvePoint(double X, double Value, double? Low = null, double? High = null);

/// <summary>A share with its 95% interval (Wilson).</summary>
/// <param name="Count">How many.</param>
/// <param name="Of">Of how many.</param>
internal sealed record CountedShare(long Count, long Of)
{
    /// <summary>The share; null of nothing.</summary>
    public double? Value => Of == 0 ? null : (double)Count / Of;

    /// <summary>Lower bound.</summary>
    public double Low => WilsonInterval.At95(Count, Of).Low;

    /// <summary>Upper bound.</summary>
    public double High => WilsonInterval.At95(Count, Of).High;
}

/// <summary>Ways of choosing among candidates.</summary>
/// <param name="Queries">Queries that something hangs on and that were ranked; all figures are over these.</param>
/// <param name="Ways">Each way, from no comparison to all of them; the last point is the way's result.</param>
/// <param name="Random">A response at random.</param>
/// <param name="Majority">One with the most frequent final answer.</param>
/// <param name="Oracle">A right one.</param>
internal sealed record ChoiceAnalysis(int Queries, IReadOnlyList<WayOfChoosing> Ways, double Random, double Majority, double Oracle);

/// <summary>A way of choosing: the share of queries whose choice is right (y), by comparisons a query (x).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Points">The points, by rising x.</param>
internal sealed record WayOfChoosing(string Name, IReadOnlyList<CurvePoint> Points);

/// <summary>Confidence against what is right.</summary>
/// <param name="Confidence">Uncalibrated confidence, in bins.</param>
/// <param name="Error">Its error.</param>
/// <param name="Calibrated">Calibrated confidence, in bins; null where the run had no fit.</param>
/// <param name="CalibratedError">Its error.</param>
/// <param name="Aurc">Area under the risk-coverage curve, by confidence.</param>
internal sealed record CalibrationAnalysis(
    IReadOnlyList<ReliabilityBin> Confidence,
    CalibrationError Error,
    IReadOnlyList<ReliabilityBin>? Calibrated,
    CalibrationError? CalibratedError,
    double? Aurc
);

/// <summary>What place and length do to judgments.</summary>
/// <param name="ShownFirst">Votes for the response that was shown first, of those with a verdict.</param>
/// <param name="RightShownFirst">Right votes, of those that were shown the right response first.</param>
/// <param name="RightShownSecond">Right votes, of those that were shown it second.</param>
/// <param name="Longer">Judgments for the longer response, of those that prefer one.</param>
/// <param name="LongerIsRight">Comparisons whose right response is the longer one.</param>
/// <param name="RightIsLonger">Right judgments, where the right response is the longer one.</param>
/// <param name="RightIsShorter">Right judgments, where it is the shorter one.</param>
internal sealed record BiasAnalysis(
    CountedShare ShownFirst,
    CountedShare RightShownFirst,
    CountedShare RightShownSecond,
    CountedShare Longer,
    CountedShare LongerIsRight,
    CountedShare RightIsLonger,
    CountedShare RightIsShorter
);

/// <summary>How often a pattern of reasoning is met.</summary>
/// <param name="Pattern">Its name.</param>
/// <param name="Votes">Votes with a keyword of it, of those with reasoning.</param>
/// <param name="RightVotes">The same of votes that are right.</param>
/// <param name="WrongVotes">The same of votes that are wrong.</param>
/// <param name="PerThousandWords">Keywords in a thousand words of reasoning.</param>
internal sealed record PatternShare(
    string Pattern,
    CountedShare Votes,
    CountedShare RightVotes,
    CountedShare WrongVotes,
    double PerThousandWords
);

/// <summary>A judgment to read, its long texts cut in the middle.</summary>
internal sealed record ExampleJudgment
{
    /// <summary>Why it is shown.</summary>
    public required string Why { get; init; }

    /// <summary>The query.</summary>
    public required string Query { get; init; }

    /// <summary>The first response.</summary>
    public required string Response1 { get; init; }

    /// <summary>The second response.</summary>
    public required string Response2 { get; init; }

    /// <summary>What is right.</summary>
    public required MatchOutcome Gold { get; init; }

    /// <summary>What the judge prefers.</summary>
    public required MatchOutcome Preferred { get; init; }

    /// <summary>How sure it is.</summary>
    public double? Confidence { get; init; }

    /// <summary>Votes for the first, for the second, and without a verdict.</summary>
    public required IReadOnlyList<int> Votes { get; init; }

    /// <summary>In which order the vote below was shown the responses; null without a vote.</summary>
    public ShownOrder? Order { get; init; }

    /// <summary>The thought of one vote; its "Assistant 1" is the response that was shown first.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>What that vote said after its thought, or why it said nothing.</summary>
    public string Answer { get; init; } = "";
}
