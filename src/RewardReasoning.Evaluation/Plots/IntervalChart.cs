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
    private const double LeastSpan = 0.1;
    private const int MostDescribed = 25;

    /// <summary>What the values are, with their unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>Whether the values are shares from 0 to 1, whose axis is in percent.</summary>
    public bool IsPercent { get; init; }

    /// <summary>The rows, from top to bottom.</summary>
    public required IReadOnlyList<IntervalRow> Rows { get; init; }

    /// <summary>A vertical mark, such as the rating of the start or chance.</summary>
    public double? Reference { get; init; }

    /// <summary>What <see cref="Reference"/> marks, written below the plot; not written if empty.</summary>
    public string ReferenceName { get; init; } = "";

    private protected override IEnumerable<string> DescribedValues =>
        Rows.Take(MostDescribed)
            .Select(row =>
                $"{row.Name}: {Said(row.Value, IsPercent)}"
                + (row is { Low: { } low, High: { } high } ? $" ({Said(low, IsPercent)} to {Said(high, IsPercent)})" : "")
            )
            .Concat(Rows.Count > MostDescribed ? [$"and {Rows.Count - MostDescribed} more"] : []);

    private protected override int OwnHeight =>
        FramePixels + (RowPixels * Math.Max(3, Rows.Count)) + (ReferenceName.Length > 0 ? RowPixels : 0);

    private protected override IEnumerable<string> Texts => Rows.Select(row => row.Name).Append(XTitle).Append(ReferenceName);

    private protected override void DrawOn(Plot plot)
    {
        if (Reference is { } reference)
        {
            VerticalLine mark = plot.Add.VerticalLine(reference, 1.2f, Colors.Gray);
            if (ReferenceName.Length > 0)
            {
                mark.LegendText = OneLine(ReferenceName);
                ShowLegendBelow(plot);
            }
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
        if (IsPercent)
        {
            plot.Axes.Bottom.TickGenerator = PercentTicks;
        }

        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(-Rows.Count + 0.4, 0.6);
        if (IsPercent && plot.Axes.GetLimits() is { HorizontalSpan: < LeastSpan } limits)
        {
            // Values that are all alike would fill the axis with differences of a hundredth of a percent.
            double middle = (limits.Left + limits.Right) / 2;
            plot.Axes.SetLimitsX(middle - (LeastSpan / 2), middle + (LeastSpan / 2));
        }
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
