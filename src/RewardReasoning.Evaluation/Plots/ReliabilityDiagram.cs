using ScottPlot;
using ScottPlot.Plottables;

namespace RewardReasoning.Evaluation.Plots;

/// <summary>How often claims of a confidence are right: on the diagonal, as often as the confidence says.</summary>
internal sealed record ReliabilityDiagram : Figure
{
    private const string Diagonal = "right as often as the confidence says";
    private const float SmallestMarker = 5;
    private const float LargestMarker = 15;

    /// <summary>
    /// A bin with a smaller share of its curve's claims is drawn, but not joined to the others: its height is mostly chance.
    /// </summary>
    private const double JoinedShare = 0.01;

    /// <summary>The curves, such as before and after calibration.</summary>
    public required IReadOnlyList<ReliabilityCurve> Curves { get; init; }

    /// <summary>The lowest confidence there can be: the diagram begins there.</summary>
    /// <value>0.5, as the preferred of two responses has at least that.</value>
    public double Minimum { get; init; } = 0.5;

    private protected override int OwnHeight => 560;

    private protected override IEnumerable<string> DescribedValues =>
        Curves.Select(curve =>
            $"{curve.Name}: "
            + string.Join(
                ", ",
                curve
                    .Bins.Where(bin => bin.Count > 0)
                    .Select(bin => $"at confidence {Said(bin.Confidence, true)} {Said(bin.Accuracy, true)} of {bin.Count} are right")
            )
        );

    private protected override IEnumerable<string> Texts => [.. Curves.Select(curve => curve.Name), Diagonal];

    private protected override void DrawOn(Plot plot)
    {
        LinePlot diagonal = plot.Add.Line(Minimum, Minimum, 1, 1);
        diagonal.LineColor = Colors.Gray;
        diagonal.LegendText = Diagonal;
        double most = Curves.SelectMany(curve => curve.Bins).Select(bin => (double)bin.Count).DefaultIfEmpty(1).Max();
        for (int i = 0; i < Curves.Count; i++)
        {
            Draw(plot, Curves[i], ColorOf(i), most);
        }

        plot.XLabel("confidence (%)");
        plot.YLabel("right judgments (%)");
        plot.Axes.Bottom.TickGenerator = PercentTicks;
        plot.Axes.Left.TickGenerator = PercentTicks;
        double lowest = Curves.SelectMany(curve => curve.Bins).Select(bin => bin.Low ?? bin.Accuracy).Append(Minimum).Min();
        plot.Axes.SetLimits(Minimum - 0.02, 1.02, Math.Max(0, lowest) - 0.02, 1.02);
        ShowLegendBelow(plot);
    }

    private static void Draw(Plot plot, ReliabilityCurve curve, Color color, double most)
    {
        ReliabilityBin[] bins = [.. curve.Bins.Where(bin => bin.Count > 0)];
        ReliabilityBin[] joined = [.. bins.Where(bin => bin.Count >= JoinedShare * bins.Sum(one => one.Count))];
        Scatter line = plot.Add.ScatterLine(
            joined.Select(bin => bin.Confidence).ToArray(),
            joined.Select(bin => bin.Accuracy).ToArray(),
            color
        );
        line.LegendText = OneLine(curve.Name);
        line.LineWidth = 2;
        foreach (ReliabilityBin bin in bins)
        {
            if (bin is { Low: { } low, High: { } high })
            {
                LinePlot interval = plot.Add.Line(bin.Confidence, low, bin.Confidence, high);
                interval.LineColor = color.WithOpacity(0.45);
                interval.LineWidth = 3;
            }

            // The area of a marker shows the number of claims.
            float size = SmallestMarker + ((LargestMarker - SmallestMarker) * (float)Math.Sqrt(bin.Count / most));
            plot.Add.Marker(bin.Confidence, bin.Accuracy, MarkerShape.FilledCircle, size, color);
        }
    }
}

/// <summary>
/// One curve of a <see cref="ReliabilityDiagram"/>, its bins by rising confidence; empty ones are left out of the drawing.
/// </summary>
internal sealed record ReliabilityCurve(string Name, IReadOnlyList<ReliabilityBin> Bins);

/// <summary>Claims of similar confidence.</summary>
/// <param name="Confidence">Their mean confidence.</param>
/// <param name="Accuracy">The share of them that is right.</param>
/// <param name="Count">How many they are.</param>
internal sealed record ReliabilityBin(double Confidence, double Accuracy, int Count)
{
    /// <summary>Lower end of an interval of <see cref="Accuracy"/>, with <see cref="High"/>.</summary>
    public double? Low { get; init; }

    /// <summary>Upper end of that interval.</summary>
    public double? High { get; init; }
}
