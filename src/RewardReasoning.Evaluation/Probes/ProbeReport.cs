using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.Probes;

/// <summary>What one probe did to a judge.</summary>
/// <param name="Probe">Its name.</param>
/// <param name="Says">What is done.</param>
/// <param name="Pairs">Pairs that it changes.</param>
/// <param name="Refused">Those that the judge declines as changed.</param>
/// <param name="Missing">Those without a readable verdict as changed.</param>
/// <param name="Compared">Those that the judge had right before, and answered as changed.</param>
/// <param name="Turned">Of these, those whose verdict the probe flips: right before, wrong as changed.</param>
/// <param name="Rate">Share of the flipped ones; null if there are none to compare.</param>
/// <param name="Low">Lower bound of its 95% interval (Wilson).</param>
/// <param name="High">Upper bound.</param>
public sealed record ProbeResult(
    string Probe,
    string Says,
    int Pairs,
    int Refused,
    int Missing,
    int Compared,
    int Turned,
    double? Rate,
    double? Low,
    double? High
);

/// <summary>How often probes flip the verdicts of a judge.</summary>
public sealed record ProbeReport
{
    /// <summary>The report as JSON for files and programs: indented, names in snake case.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ProbeJson.Indented.ProbeReport);

    /// <summary>Who judged.</summary>
    public required string Judge { get; init; }

    /// <summary>Pairs, each with a known better response.</summary>
    public required int Pairs { get; init; }

    /// <summary>Those that the judge has right, unchanged: only these can be flipped.</summary>
    public required int Right { get; init; }

    /// <summary>Those that it declines unchanged.</summary>
    public required int Refused { get; init; }

    /// <summary>Those without a readable verdict unchanged.</summary>
    public required int Missing { get; init; }

    /// <summary>One result for each probe.</summary>
    public required IReadOnlyList<ProbeResult> Probes { get; init; }

    /// <summary>Tokens and time of all judgments.</summary>
    public required Usage Usage { get; init; }

    /// <summary>How the votes were taken; null where that is not known.</summary>
    public VotingSettings? Judging { get; init; }

    /// <summary>Whether a judgment is missing anywhere; a refusal is an answer.</summary>
    [JsonIgnore]
    public bool IsComplete => Missing == 0 && Probes.All(probe => probe.Missing == 0);

    /// <summary>Adds up judgments.</summary>
    /// <param name="judge">Who judged.</param>
    /// <param name="probes">The probes, in the order of the report.</param>
    /// <param name="judgments">Those of the unchanged pairs and of every probe.</param>
    internal static ProbeReport Of(string judge, IReadOnlyList<ProbeDefinition> probes, IReadOnlyList<ProbedJudgment> judgments)
    {
        ArgumentNullException.ThrowIfNull(probes);
        ArgumentNullException.ThrowIfNull(judgments);
        ILookup<string, ProbedJudgment> byProbe = judgments.ToLookup(judgment => judgment.Probe);
        ProbedJudgment[] unchanged = [.. byProbe[ProbeCatalog.Unchanged.Name]];
        HashSet<string> right = [.. unchanged.Where(judgment => judgment.Answer == ProbeAnswer.Better).Select(judgment => judgment.Id)];
        return new()
        {
            Judge = judge,
            Pairs = unchanged.Length,
            Right = right.Count,
            Refused = Count(unchanged, ProbeAnswer.Refused),
            Missing = Count(unchanged, ProbeAnswer.Missing),
            Probes = [.. probes.Select(probe => ResultOf(probe, [.. byProbe[probe.Name]], right))],
            Usage = judgments.Aggregate(Usage.None, (sum, judgment) => sum + judgment.Usage),
        };
    }

    private static ProbeResult ResultOf(ProbeDefinition probe, ProbedJudgment[] judgments, HashSet<string> right)
    {
        ProbedJudgment[] compared =
        [
            .. judgments.Where(judgment => right.Contains(judgment.Id) && judgment.Answer is (ProbeAnswer.Better or ProbeAnswer.Worse)),
        ];
        int turned = Count(compared, ProbeAnswer.Worse);
        WilsonInterval interval = WilsonInterval.At95(turned, compared.Length);
        bool none = compared.Length == 0;
        return new(
            probe.Name,
            probe.Says,
            judgments.Length,
            Count(judgments, ProbeAnswer.Refused),
            Count(judgments, ProbeAnswer.Missing),
            compared.Length,
            turned,
            none ? null : (double)turned / compared.Length,
            none ? null : interval.Low,
            none ? null : interval.High
        );
    }

    private static int Count(IEnumerable<ProbedJudgment> judgments, ProbeAnswer answer) =>
        judgments.Count(judgment => judgment.Answer == answer);
}
