using System.Text.RegularExpressions;

namespace RewardReasoning.Evaluation.Arena;

/// <summary>Features of an answer that may please a judge, independent of its content. Code blocks count for the length only.</summary>
/// <param name="Length">Characters.</param>
/// <param name="Headings">Markdown headings.</param>
/// <param name="ListItems">Items of lists, numbered or not.</param>
/// <param name="Bold">Pieces of bold text.</param>
internal sealed partial record AnswerStyle(int Length, int Headings, int ListItems, int Bold)
{
    private const double DensityUnit = 1000;

    /// <summary>Names of the differences, in their order; the first is that of length.</summary>
    internal static readonly IReadOnlyList<string> Names = ["length", "headings", "list_items", "bold"];

    /// <summary>The style of a text.</summary>
    public static AnswerStyle Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string prose = CodeBlock().Replace(text, "");
        return new(text.Length, Heading().Count(prose), ListItem().Count(prose), BoldText().Count(prose));
    }

    /// <summary>
    /// How far this style is from another: (a − b) / (a + b) of the lengths, and differences of the counts per thousand characters.
    /// </summary>
    internal double[] Minus(AnswerStyle other) =>
        [
            Length + other.Length == 0 ? 0 : (double)(Length - other.Length) / (Length + other.Length),
            Density(Headings) - other.Density(other.Headings),
            Density(ListItems) - other.Density(other.ListItems),
            Density(Bold) - other.Density(other.Bold),
        ];

    private double Density(int count) => DensityUnit * count / Math.Max(Length, 1);

    [GeneratedRegex("^ {0,3}```.*?(^ {0,3}```|\\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("^ {0,3}#{1,6}[ \t]", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^[ \t]*([-*+]|\d{1,9}[.)])[ \t]", RegexOptions.Multiline)]
    private static partial Regex ListItem();

    [GeneratedRegex(@"\*\*[^*\n]+\*\*|__[^_\n]+__")]
    private static partial Regex BoldText();
}
