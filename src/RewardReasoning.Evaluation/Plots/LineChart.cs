using System.Globalization;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace RewardReasoning.Evaluation.Plots;

/// <summary>Lines over a common x axis, with bands where their values are uncertain.</summary>
internal sealed record LineChart : Figure
{
    private const double BandOpacity = 0.18;

    /// <summary>What x is, with its unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>What y is, with its unit.</summary>
    public required string YTitle { get; init; }

    /// <summary>The lines, the most important first.</summary>
    public required IReadOnlyList<Line> Lines { get; init; }

    /// <summary>Horizontal marks, such as chance or a target.</summary>
    public IReadOnlyList<Level> Levels { get; init; } = [];

    /// <summary>Whether the x axis is logarithmic; all x are above 0 then, and the ticks are at the x of the lines.</summary>
    public bool LogarithmicX { get; init; }

    /// <summary>Whether x are whole numbers, so that no tick is between two of them.</summary>
    public bool IsWholeX { get; init; }

    /// <summary>Lower end of the y axis; by the data if null.</summary>
    public double? YMinimum { get; init; }

    /// <summary>Upper end of the y axis; by the data if null.</summary>
    public double? YMaximum { get; init; }

    /// <summary>Whether y are shares from 0 to 1, whose axis is in percent.</summary>
    public bool IsPercent { get; init; }

    private protected override IEnumerable<string> DescribedValues =>
        Lines
            .Select(line =>
                $"{line.Name}: from {Said(line.Y[0], IsPercent)} at {Said(line.X[0], false)} to {Said(line.Y[^1], IsPercent)} at "
                + Said(line.X[^1], false)
            )
            .Concat(Levels.Select(level => $"{level.Name}: {Said(level.Y, IsPercent)}"));

    private protected override IEnumerable<string> Texts =>
        [XTitle, YTitle, .. Lines.Select(line => line.Name), .. Levels.Select(level => level.Name)];

    private protected override void DrawOn(Plot plot)
    {
        for (int i = 0; i < Lines.Count; i++)
        {
            Draw(plot, Lines[i], ColorOf(i));
        }

        foreach (Level level in Levels)
        {
            HorizontalLine mark = plot.Add.HorizontalLine(level.Y, 1.2f, Colors.Gray);
            mark.LegendText = OneLine(level.Name);
        }

        plot.XLabel(OneLine(XTitle));
        plot.YLabel(OneLine(YTitle));
        if (IsWholeX)
        {
            plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
        }

        if (LogarithmicX)
        {
            double[] places = [.. Lines.SelectMany(line => line.X).Distinct().Order()];
            plot.Axes.Bottom.TickGenerator = new NumericManual(
                [.. places.Select(XOf)],
                [.. places.Select(place => place.ToString("0.####", CultureInfo.InvariantCulture))]
            );
        }

        if (IsPercent)
        {
            plot.Axes.Left.TickGenerator = PercentTicks;
        }

        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(YMinimum ?? plot.Axes.GetLimits().Bottom, YMaximum ?? plot.Axes.GetLimits().Top);
        if (Lines.Count + Levels.Count > 1)
        {
            ShowLegendBelow(plot);
        }
        else
        {
            plot.HideLegend();
        }
    }

    private void Draw(Plot plot, Line line, Color color)
    {
        double[] xs = [.. line.X.Select(XOf)];
        if (line is { Low: { } low, High: { } high })
        {
            FillY band = plot.Add.FillY(xs, [.. low], [.. high]);
            band.FillColor = color.WithOpacity(BandOpacity);
            band.LineWidth = 0;
        }

        Scatter scatter = plot.Add.Scatter(xs, [.. line.Y], color);
        scatter.LegendText = OneLine(line.Name);
        scatter.LineWidth = 2;
        scatter.MarkerSize = xs.Length > 60 ? 0 : 6;
    }

    private double XOf(double x) =>
        !LogarithmicX ? x
        : x > 0 ? Math.Log10(x)
        : throw new ArgumentException($"x is {x}; on a logarithmic axis it must be above 0.");
}

/// <summary>One line of a chart; all its lists are equally long.</summary>
internal sealed record Line(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Lower ends of the band, with <see cref="High"/>.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>Upper ends of the band, with <see cref="Low"/>.</summary>
    public IReadOnlyList<double>? High { get; init; }
}

/// <summary>A horizontal mark at <paramref name="Y"/>.</summary>
internal sealed record Level(string Name, double Y);
