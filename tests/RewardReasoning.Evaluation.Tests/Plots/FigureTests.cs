using System.Xml.Linq;
using RewardReasoning.Evaluation.Plots;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Plots;

public sealed class FigureTests
{
    private static readonly LineChart Lines = new()
    {
        Title = "Best of 32 found",
        XTitle = "matches",
        YTitle = "share of trials",
        LogarithmicX = true,
        Lines =
        [
            new("active", [8, 16, 32], [0.5, 0.7, 0.8]) { Low = [0.4, 0.6, 0.7], High = [0.6, 0.8, 0.9] },
            new("random ≤ σ", [8, 16, 32], [0.4, 0.5, 0.6]),
        ],
        Levels = [new("round robin", 0.85)],
    };

    private static readonly IntervalChart Leaderboard = new()
    {
        Title = "Leaderboard",
        XTitle = "rating",
        Rows = [new("first", 1200, 1150, 1260), new("second", 1000)],
        Reference = 1000,
    };

    private static readonly ReliabilityDiagram Reliability = new()
    {
        Curves =
        [
            new("before", [new(0.6, 0.55, 10), new(0.8, 0.7, 0), new(0.95, 0.8, 30) { Low = 0.7, High = 0.9 }]),
            new("after", [new(0.7, 0.7, 40)]),
        ],
    };

    public static TheoryData<string> Figures => ["lines", "intervals", "reliability"];

    [Theory]
    [MemberData(nameof(Figures))]
    public void ToSvg_AnyFigure_HoldsItsTextsAsText(string name)
    {
        string[] expected = name switch
        {
            "lines" => ["Best of 32 found", "matches", "share of trials", "active", "random ≤ σ", "round robin", "8", "16", "32"],
            "intervals" => ["Leaderboard", "rating", "first", "second"],
            _ => ["confidence (%)", "right judgments (%)", "before", "after", "60 %", "right as often as the confidence says"],
        };
        string[] texts =
        [
            .. XDocument
                .Parse(Of(name).ToSvg())
                .Descendants()
                .Where(element => element.Name.LocalName == "text")
                .Select(element => element.Value.Trim()),
        ];
        Assert.Empty(expected.Except(texts));
    }

    [Theory]
    [MemberData(nameof(Figures))]
    public void ToPng_AnyFigure_IsAPictureOfTwiceTheSize(string name)
    {
        byte[] png = (Of(name) with { Width = 300, Height = 200 }).ToPng();
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        Assert.Equal((600, 400), (png[18] * 256 + png[19], png[22] * 256 + png[23]));
    }

    [Fact]
    public void ToSvg_Twice_IsTheSameText() => Assert.Equal(Lines.ToSvg(), Lines.ToSvg());

    [Fact]
    public void ToSvg_NamesFontsThatViewersHave()
    {
        XElement[] texts = [.. XDocument.Parse(Lines.ToSvg()).Descendants().Where(element => element.Name.LocalName == "text")];
        Assert.All(texts, text => Assert.Equal("DejaVu Sans, Verdana, sans-serif", text.Attribute("font-family")?.Value));
    }

    [Fact]
    public void ToSvg_NameWithMarkupAndControls_StaysADocument()
    {
        IntervalChart odd = Leaderboard with { Rows = [new("<b>&\0\u0007\n\"x\"</b>", 1), new(new string('y', 200), 2)] };
        string text = string.Join(
            '\n',
            XDocument.Parse(odd.ToSvg()).Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)
        );
        Assert.Contains("<b>&", text, StringComparison.Ordinal);
        Assert.Contains(new string('y', 47) + "…", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Figures))]
    public void ToSvg_AnyFigure_HasColoursForDarkPaper(string name)
    {
        XElement svg = XDocument.Parse(Of(name).ToSvg()).Root ?? new XElement("none");
        string style = Assert.Single(svg.Elements(), element => element.Name.LocalName == "style").Value;
        Assert.Contains("prefers-color-scheme: dark", style, StringComparison.Ordinal);

        // Every dark colour that a plot is drawn with has a light one in its place.
        string[] dark =
        [
            .. svg.Descendants()
                .SelectMany(element => new[] { element.Attribute("fill")?.Value, element.Attribute("stroke")?.Value })
                .OfType<string>()
                .Where(colour => colour is "black" or "#010101" or "#0072B2" or "#D55E00" or "#009E73")
                .Distinct(),
        ];
        Assert.NotEmpty(dark);
        Assert.All(dark, colour => Assert.Contains($"=\"{colour}\"]", style, StringComparison.Ordinal));
    }

    [Fact]
    public void Description_Intervals_SaysEveryValueInPercent()
    {
        IntervalChart shares = new()
        {
            Title = "Accuracy",
            XTitle = "accuracy (%)",
            IsPercent = true,
            Rows = [new("all", 0.832, 0.81, 0.853), new("hard", 0.5)],
        };
        Assert.Equal("Accuracy. all: 83.2 % (81.0 % to 85.3 %); hard: 50.0 %.", shares.Description);
    }

    [Fact]
    public void Save_ByTheEndingOfTheName_WritesSvgOrPng()
    {
        string folder = Directory.CreateTempSubdirectory("rrm-plots-").FullName;
        try
        {
            Leaderboard.Save(Path.Combine(folder, "a.svg"));
            Leaderboard.Save(Path.Combine(folder, "a.PNG"));
            Assert.StartsWith("<?xml", File.ReadAllText(Path.Combine(folder, "a.svg")), StringComparison.Ordinal);
            Assert.Equal(Leaderboard.ToPng(), File.ReadAllBytes(Path.Combine(folder, "a.PNG")));
            Assert.Contains(
                ".svg or .png",
                Assert.Throws<NotSupportedException>(() => Leaderboard.Save(Path.Combine(folder, "a.pdf"))).Message,
                StringComparison.Ordinal
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void ToSvg_LogarithmicAxisWithZero_SaysSo() =>
        Assert.Contains(
            "above 0",
            Assert.Throws<ArgumentException>(() => (Lines with { Lines = [new("x", [0, 1], [1, 1])] }).ToSvg()).Message,
            StringComparison.Ordinal
        );

    private static Figure Of(string name) =>
        name switch
        {
            "lines" => Lines,
            "intervals" => Leaderboard,
            _ => Reliability,
        };
}
