using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace RewardReasoning.Evaluation.Plots;

/// <summary>A value with its interval per row, the first row on top: a leaderboard.</summary>
internal sealed record IntervalChart : Figure
{
    private const int RowPixels = 22;
    private const int FramePixels = 110;
    private const int MaxNameLength = 48;

    /// <summary>What the values are, with their unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>The rows, from top to bottom.</summary>
    public required IReadOnlyList<IntervalRow> Rows { get; init; }

    /// <summary>A vertical mark, such as the rating of the start.</summary>
    public double? Reference { get; init; }

    private protected override int OwnHeight => FramePixels + (RowPixels * Math.Max(3, Rows.Count));

    private protected override IEnumerable<string> Texts => Rows.Select(row => row.Name).Append(XTitle);

    private protected override void DrawOn(Plot plot)
    {
        if (Reference is { } reference)
        {
            plot.Add.VerticalLine(reference, 1.2f, Colors.Gray);
        }

        for (int i = 0; i < Rows.Count; i++)
        {
            IntervalRow row = Rows[i];
            if (row is { Low: { } low, High: { } high })
            {
                LinePlot interval = plot.Add.Line(low, -i, high, -i);
                interval.LineColor = ColorOf(0).WithOpacity(0.45);
                interval.LineWidth = 4;
            }

            plot.Add.Marker(row.Value, -i, MarkerShape.FilledCircle, 8, ColorOf(0));
        }

        plot.XLabel(OneLine(XTitle));
        plot.Axes.Left.TickGenerator = new NumericManual(
            [.. Enumerable.Range(0, Rows.Count).Select(i => (double)-i)],
            [.. Rows.Select(row => Short(row.Name))]
        );
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(-Rows.Count + 0.4, 0.6);
    }

    private static string Short(string name)
    {
        string line = OneLine(name);
        return line.Length <= MaxNameLength ? line : line[..(MaxNameLength - 1)] + "…";
    }
}

/// <summary>
/// One row of an <see cref="IntervalChart"/>; without <paramref name="Low"/> and <paramref name="High"/> it is the value alone.
/// </summary>
internal sealed record IntervalRow(string Name, double Value, double? Low = null, double? High = null);
