using ScottPlot;
using SkiaSharp;

namespace RewardReasoning.Evaluation.Plots;

/// <summary>
/// The font of all plots: a part of DejaVu Sans that is built into this library, since without any installed font the plotting library
/// leaves all text out without a word.
/// </summary>
internal static class PlotFont
{
    /// <summary>A name of our own, so that an installed DejaVu Sans is not taken for it: metrics would differ with its version.</summary>
    private const string Name = "RewardReasoning DejaVu Sans";
    private const string Resource = "DejaVuSans-subset.ttf";

    private static readonly Lazy<SKTypeface> Typeface = new(Load);

    /// <summary>The name of the font that has all characters of a text: the built-in one, else the best of those installed.</summary>
    public static string For(string text)
    {
        bool covered = text.All(character => char.IsControl(character) || Typeface.Value.ContainsGlyph(character));
        return covered ? Name : Fonts.Detect(text);
    }

    /// <summary>An SVG whose texts name fonts that viewers have: Verdana is as wide as DejaVu Sans.</summary>
    public static string WithFallbacks(string svg, string font)
    {
        (string drawn, string named) = font == Name ? (Typeface.Value.FamilyName, "DejaVu Sans, Verdana") : (font, font);
        return svg.Replace($"font-family=\"{drawn}\"", $"font-family=\"{named}, sans-serif\"", StringComparison.Ordinal);
    }

    private static SKTypeface Load()
    {
        using Stream stream =
            typeof(PlotFont).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource {Resource} is missing from {typeof(PlotFont).Assembly.GetName().Name}.");
        using SKData data = SKData.Create(stream);
        SKTypeface typeface =
            SKTypeface.FromData(data)
            ?? throw new InvalidOperationException($"The resource {Resource} is not a font that the drawing library reads.");
        Fonts.FontResolvers.Insert(0, new Resolver(typeface));
        return typeface;
    }

    private sealed class Resolver(SKTypeface typeface) : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing width) =>
            fontName == Name ? typeface : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? typeface : null;
    }
}
