using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Arena;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Probes;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>A report as it is written for programs.</summary>
/// <param name="Runs">The runs, in the order of the report.</param>
/// <param name="Checks">What was checked of them; empty where nothing was.</param>
internal sealed record ReportContent(IReadOnlyList<ReportedRunContent> Runs, IReadOnlyList<ReportCheck> Checks);

/// <summary>One run as it is written for programs; of the last five one is there, by its kind.</summary>
internal sealed record ReportedRunContent
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>bench, score, rankings, ranking, arena, probes or ratings.</summary>
    public required string Kind { get; init; }

    /// <summary>The result in words.</summary>
    public required IReadOnlyList<string> Result { get; init; }

    /// <summary>Warnings in words.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>How it was made.</summary>
    public required RunFacts Facts { get; init; }

    /// <summary>Of kind bench and score.</summary>
    public RunAnalysis? Analysis { get; init; }

    /// <summary>Of kind arena.</summary>
    public ArenaReport? Arena { get; init; }

    /// <summary>Of kind probes.</summary>
    public ProbeReport? Probes { get; init; }

    /// <summary>Of kind ratings.</summary>
    public Leaderboard? Ratings { get; init; }

    /// <summary>Of kind ranking.</summary>
    public PrintedRanking? Ranking { get; init; }

    /// <summary>The content of a run.</summary>
    public static ReportedRunContent Of(ReportedRun run) =>
        new()
        {
            Name = run.Name,
            Kind = run.Kind,
            Result = run.Result,
            Warnings = run.Warnings,
            Facts = run.Facts,
            Analysis = (run as JudgedRun)?.Analysis,
            Arena = (run as ArenaRun)?.Report,
            Probes = (run as ProbeRun)?.Report,
            Ratings = (run as LeaderboardRun)?.Board,
            Ranking = (run as RankingRun)?.Printed,
        };
}

/// <summary>How reports are written.</summary>
[JsonSerializable(typeof(ReportContent))]
[JsonSerializable(typeof(Leaderboard))]
[JsonSerializable(typeof(PrintedRanking))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static ReportJson Indented { get; } =
        new(JsonStyle.Of(indented: true, JsonStyle.Words<MatchOutcome>(), JsonStyle.Words<AskedOrders>(), JsonStyle.Words<ArenaMeasure>()));

    /// <summary>One line a value.</summary>
    public static ReportJson Lines { get; } =
        new(
            JsonStyle.Of(indented: false, JsonStyle.Words<MatchOutcome>(), JsonStyle.Words<AskedOrders>(), JsonStyle.Words<ArenaMeasure>())
        );
}
