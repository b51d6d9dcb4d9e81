using RewardReasoning.Cli.Output;
using RewardReasoning.Evaluation.Arena;

namespace RewardReasoning.Cli.Runs;

/// <summary>A leaderboard of models for people.</summary>
internal static class ArenaReportText
{
    public static IEnumerable<string> Lines(ArenaReport report)
    {
        bool hasStyle = report.StyleWeights is not null;
        string figure = report.Measure == ArenaMeasure.WinRate ? "win rate" : "rating";
        List<string[]> rows =
        [
            ["model", figure, .. hasStyle ? new[] { "at equal length", "at equal style", "mean length" } : [], "games"],
        ];
        rows.AddRange(
            report.Standings.Select(standing =>
                (string[])
                    [
                        standing.Model,
                        Figure(report, standing.Figure),
                        .. hasStyle
                            ? new[]
                            {
                                Figure(report, standing.EqualLength),
                                Figure(report, standing.EqualStyle),
                                FormattableString.Invariant($"{standing.MeanLength:0}"),
                            }
                            : [],
                        FormattableString.Invariant($"{standing.Games}"),
                    ]
            )
        );
        foreach (string line in TextTable.Lines(rows))
        {
            yield return line;
        }

        yield return "";
        string[] facts =
        [
            report.Measure == ArenaMeasure.WinRate ? $"against {report.Baselines[0]}" : "",
            FormattableString.Invariant($"{report.Battles} battles over {report.Prompts} prompts"),
            report.Missing > 0 ? FormattableString.Invariant($"{report.Missing} without a result") : "",
            report.Consistency is { } consistency ? FormattableString.Invariant($"both orders agree in {consistency:0.0%}") : "",
            report.PositionBias is { } bias ? FormattableString.Invariant($"position bias {bias:+0.000;-0.000;0.000}") : "",
            report.Usage.OutputTokens > 0 ? FormattableString.Invariant($"{report.Usage.OutputTokens} tokens") : "",
            report.Judge,
        ];
        yield return string.Join(" · ", facts.Where(fact => fact.Length > 0));
        yield return report.StyleWeights is { } weights
            ? "what moves the judge, in logits: "
                + string.Join(
                    ", ",
                    weights.Select(weight => FormattableString.Invariant($"{weight.Key.Replace('_', ' ')} {weight.Value:+0.00;-0.00;0.00}"))
                )
            : "no control for length and style: the answers are not known";
    }

    private static string Figure(ArenaReport report, ArenaFigure? figure) =>
        figure is null ? "-"
        : report.Measure == ArenaMeasure.WinRate
            ? FormattableString.Invariant($"{figure.Value:0.0%} ({figure.Low:0.0%} to {figure.High:0.0%})")
        : FormattableString.Invariant($"{figure.Value:0} ({figure.Low:0} to {figure.High:0})");
}
