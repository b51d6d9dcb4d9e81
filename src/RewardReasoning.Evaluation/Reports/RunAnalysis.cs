using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Juries;
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

    /// <summary>The main figure with missing verdicts all wrong or all right, and by chance; null where it is undefined.</summary>
    public MainFigure? Main { get; init; }

    /// <summary>Missing verdicts by class, the most frequent first; empty where none is missing.</summary>
    public required IReadOnlyList<MissingClass> Missing { get; init; }

    /// <summary>Votes that were cut at the token limit before a verdict, of all votes.</summary>
    public required CountedShare CutVotes { get; init; }

    /// <summary>Rows without a label; what was judged of them is neither right nor wrong.</summary>
    public int Unlabelled { get; init; }

    /// <summary>
    /// How often m of a comparison's votes, drawn anew from those that were kept, have the right majority. Empty where all comparisons have
    /// one vote.
    /// </summary>
    public required IReadOnlyList<CurvePoint> ByVotes { get; init; }

    /// <summary>Whether comparisons have different numbers of votes: voting that ended early.</summary>
    public bool VotesDiffer { get; init; }

    /// <summary>
    /// How often the votes whose reasoning ended within x tokens have the right majority. Empty where tokens are not known.
    /// </summary>
    public required IReadOnlyList<CurvePoint> ByReasoningTokens { get; init; }

    /// <summary>Mean tokens of reasoning a vote; null where they are not known.</summary>
    public double? MeanReasoningTokens { get; init; }

    /// <summary>Ways of choosing among candidates over the matches of the run; null of a run of pairs.</summary>
    public ChoiceAnalysis? Choices { get; init; }

    /// <summary>Whether judgments are right as often as their confidence says; null without labelled judgments.</summary>
    public CalibrationAnalysis? Calibration { get; init; }

    /// <summary>Risk against coverage by uncertainty; null without labelled judgments of different uncertainty.</summary>
    public RiskAnalysis? Risk { get; init; }

    /// <summary>What the members of a jury did; null of a single judge.</summary>
    public JuryFigures? Jury { get; init; }

    /// <summary>What the place and the length of responses do to judgments.</summary>
    public required BiasAnalysis Bias { get; init; }

    /// <summary>Patterns of reasoning over the votes; empty where no vote has reasoning.</summary>
    public required IReadOnlyList<PatternShare> Patterns { get; init; }

    /// <summary>A few judgments to read.</summary>
    public required IReadOnlyList<ExampleJudgment> Examples { get; init; }

    /// <summary>The run against the first one of the same benchmark, item by item; null of that first one.</summary>
    public RunComparison? Comparison { get; init; }

    /// <summary>
    /// Items that only one of the two compared runs has fully right, those that this run lost first; empty without a comparison.
    /// </summary>
    public IReadOnlyList<FlippedItem> Flips { get; init; } = [];
}

/// <summary>A point of a curve.</summary>
/// <param name="X">Its place on the x axis.</param>
/// <param name="Value">Its value.</param>
/// <param name="Low">Lower bound of a 95% interval; null if there is none.</param>
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
/// <param name="Queries">Ranked queries that have both right and wrong responses; all figures are over these.</param>
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

/// <summary>How many of the judgments would be wrong if only those of the least uncertainty were given.</summary>
/// <param name="Curve">The judgments given and those wrong among them, by uncertainty.</param>
/// <param name="Promised">The risk that the judge abstained for; null of one that never abstains.</param>
/// <param name="Given">Judgments that were given, of all with a label.</param>
/// <param name="Wrong">Wrong ones, of those given.</param>
internal sealed record RiskAnalysis(AbstentionFit Curve, string? Promised, CountedShare Given, CountedShare Wrong);

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
    /// <summary>Votes in words: <c>2 for the first, 1 for the second</c>, and those without a verdict where there are some.</summary>
    public static string Describe(IReadOnlyList<Vote> votes) =>
        Describe([
            .. new[] { Verdict.First, Verdict.Second, Verdict.Unparsable }.Select(verdict => votes.Count(vote => vote.Verdict == verdict)),
        ]);

    /// <summary>The same of counted votes: for the first, for the second, and without a verdict.</summary>
    public static string Describe(IReadOnlyList<int> counts) =>
        $"{counts[0]} for the first, {counts[1]} for the second" + (counts[2] > 0 ? $", {counts[2]} without a verdict" : "");

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

    /// <summary>The reasoning of one vote; its "Assistant 1" is the response that was shown first.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>What that vote said after its reasoning, or why it said nothing.</summary>
    public string Answer { get; init; } = "";
}

/// <summary>An item that only one of two compared runs has fully right.</summary>
internal sealed record FlippedItem
{
    /// <summary>The item's identity within its data.</summary>
    public required string Id { get; init; }

    /// <summary>The item's section.</summary>
    public required string Section { get; init; }

    /// <summary>Whether this run has it right and the other one has not; else the other way round.</summary>
    public required bool IsGained { get; init; }

    /// <summary>The texts, each with its name, long ones cut in the middle; empty beyond the first flips.</summary>
    public required IReadOnlyList<NamedText> Texts { get; init; }

    /// <summary>What the other run, with which this one is compared, made of it.</summary>
    public required FlippedAnswer Before { get; init; }

    /// <summary>What this run made of it.</summary>
    public required FlippedAnswer Now { get; init; }
}

/// <summary>A text with its name.</summary>
internal sealed record NamedText(string Name, string Text);

/// <summary>What one run made of an item.</summary>
/// <param name="Preferred">What it preferred, in words.</param>
/// <param name="Votes">Its votes, in words; empty where it has none.</param>
/// <param name="Reasoning">The reasoning of a vote, cut in the middle where it is long; empty where none was kept.</param>
internal sealed record FlippedAnswer(string Preferred, string Votes, string Reasoning);
