using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace RewardReasoning.Evaluation.Plots;

/// <summary>
/// A plot as data. Equal figures give equal files on every machine: the font comes with the library (<see cref="PlotFont"/>).
/// </summary>
public abstract partial record Figure
{
    private const int PngScale = 2;

    // The palette of Okabe and Ito without its yellow, which white paper swallows.
    private static readonly Color[] Palette =
    [
        .. new[] { "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000" }.Select(code => new Color(code)),
    ];

    // An SVG follows the reader's colour scheme, wherever it is shown: dark paper, light letters and lighter blues and greens.
    private const string DarkStyle =
        "<style>@media (prefers-color-scheme: dark) { text { fill: #e6e8eb } [fill=\"white\"] { fill: #16181c } "
        + "[fill=\"black\"], [fill=\"#010101\"] { fill: #e6e8eb } [stroke=\"black\"], [stroke=\"#010101\"] { stroke: #e6e8eb } "
        + "[fill=\"#0072B2\"] { fill: #4fa8e0 } [stroke=\"#0072B2\"] { stroke: #4fa8e0 } "
        + "[fill=\"#D55E00\"] { fill: #ff8a3d } [stroke=\"#D55E00\"] { stroke: #ff8a3d } "
        + "[fill=\"#009E73\"] { fill: #2fc79b } [stroke=\"#009E73\"] { stroke: #2fc79b } }</style>";

    private protected Figure() { }

    /// <summary>The heading above the plot; no heading if empty.</summary>
    public string Title { get; init; } = "";

    /// <summary>Width in pixels of an SVG; a PNG has twice as many, for sharp screens.</summary>
    /// <value>800.</value>
    public int Width { get; init; } = 800;

    /// <summary>Height like <see cref="Width"/>; null lets the figure choose.</summary>
    /// <value>null.</value>
    public int? Height { get; init; }

    /// <summary>Writes the figure to a file, over an existing one.</summary>
    /// <exception cref="NotSupportedException">The name ends neither in .svg nor in .png.</exception>
    public void Save(string path)
    {
        RequireSupported(path);
        if (path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
        {
            File.WriteAllText(path, ToSvg());
        }
        else
        {
            File.WriteAllBytes(path, ToPng());
        }
    }

    /// <summary>Refuses a file name that <see cref="Save"/> could not write.</summary>
    /// <exception cref="NotSupportedException">The name ends neither in .svg nor in .png.</exception>
    public static void RequireSupported(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase) && !path.EndsWith(".png", StringComparison.OrdinalIgnoreCase))
        {
            throw new NotSupportedException($"'{path}': plots are written as .svg or .png; name the file so.");
        }
    }

    /// <summary>The figure as an SVG document, its texts as text.</summary>
    public string ToSvg()
    {
        using Plot plot = Draw(out string font);
        string svg = PlotFont.WithFallbacks(plot.GetSvgXml(Width, HeightInPixels), font);

        // The drawing library numbers clip paths through the life of the process; counted anew, equal figures are equal texts.
        Dictionary<string, string> clips = [];
        string counted = ClipPath()
            .Replace(svg, match => clips.TryGetValue(match.Value, out string? known) ? known : clips[match.Value] = $"clip{clips.Count}");
        int content = counted.IndexOf('>', counted.IndexOf("<svg", StringComparison.Ordinal)) + 1;
        return counted.Insert(content, $"\n\t{DarkStyle}").TrimEnd() + "\n";
    }

    /// <summary>The figure as a PNG file.</summary>
    public byte[] ToPng()
    {
        using Plot plot = Draw(out _);
        plot.ScaleFactor = PngScale;
        return plot.GetImageBytes(Width * PngScale, HeightInPixels * PngScale, ImageFormat.Png);
    }

    /// <summary>The height where the caller names none.</summary>
    private protected virtual int OwnHeight => 480;

    /// <summary>What the figure shows, in words: its title and its values, for those who cannot see it.</summary>
    internal string Description =>
        string.Join(
            ' ',
            new[] { Title.Length > 0 ? $"{Title}." : "", string.Join("; ", DescribedValues) + "." }.Where(text => text.Length > 1)
        );

    /// <summary>The values in words; if there are many, the most important ones.</summary>
    private protected abstract IEnumerable<string> DescribedValues { get; }

    /// <summary>Every text that is drawn, for the choice of a font.</summary>
    private protected abstract IEnumerable<string> Texts { get; }

    private protected abstract void DrawOn(Plot plot);

    /// <summary>The colour of the i-th of several things, told apart by colour-blind readers too.</summary>
    private protected static Color ColorOf(int index) => Palette[index % Palette.Length];

    /// <summary>A value in words: a share in percent, another number with four figures.</summary>
    private protected static string Said(double value, bool isPercent) =>
        isPercent
            ? string.Create(CultureInfo.InvariantCulture, $"{value * 100:0.0} %")
            : value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>Ticks of shares from 0 to 1, written in percent.</summary>
    private protected static ITickGenerator PercentTicks =>
        new NumericAutomatic { LabelFormatter = share => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %") };

    /// <summary>Puts the legend below the plot, where it covers nothing.</summary>
    private protected static void ShowLegendBelow(Plot plot)
    {
        plot.ShowLegend(Edge.Bottom);
        plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.FontSize = 12;
    }

    /// <summary>A text as it can be drawn on one line: line ends and control characters become blanks.</summary>
    private protected static string OneLine(string text)
    {
        StringBuilder line = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            line.Append(
                Rune.GetUnicodeCategory(rune)
                    is UnicodeCategory.Control
                        or UnicodeCategory.LineSeparator
                        or UnicodeCategory.ParagraphSeparator
                        or UnicodeCategory.OtherNotAssigned
                    ? " "
                    : rune.ToString()
            );
        }

        return line.ToString();
    }

    [GeneratedRegex(@"(?<=id=""|#)cl_[0-9a-f]+\b")]
    private static partial Regex ClipPath();

    private int HeightInPixels => Height ?? OwnHeight;

    private Plot Draw(out string font)
    {
        Plot plot = new();
        DrawOn(plot);
        if (Title.Length > 0)
        {
            plot.Title(OneLine(Title), size: 15);
            plot.Axes.Title.Label.Bold = false;
            plot.Axes.Title.FullFigureCenter = true; // over a narrow plot beside long names it would be cut on the right
        }

        font = PlotFont.For(string.Concat(Texts.Append(Title)));
        plot.Font.Set(font);
        plot.Legend.FontName = font;
        plot.FigureBackground.Color = Colors.White;
        plot.Grid.MajorLineColor = Colors.Black.WithOpacity(0.08);
        foreach (IAxis axis in plot.Axes.GetAxes())
        {
            axis.Label.Bold = false;
            axis.Label.FontSize = 13;
            axis.TickLabelStyle.FontSize = 12;
        }

        plot.Axes.Top.FrameLineStyle.IsVisible = false;
        plot.Axes.Right.FrameLineStyle.IsVisible = false;
        return plot;
    }
}
